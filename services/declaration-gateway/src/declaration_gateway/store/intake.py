"""Takes a new declaration in: key, arrêt, first revision and event, in one statement or not at all.

The key's insert waits for a transaction that holds the same key, and the arrêt's insert for one
that declares overlapping days. After the wait the other's outcome is known, which a `select` before
the insert would not know: if it was stored, this statement fails as a whole and leaves nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg.exceptions import LockNotAvailableError
from chassis.db import Tx
from chassis.errors import Refused
from chassis.outbox import EVENT_CTES
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

RETRY_AFTER_SECONDS = 1
BRIEF_WAIT = text("set local lock_timeout = '500ms'")

# Each part selects from the one before, so that they wait in this order: two requests never wait
# for each other. The brief wait is set by the statement itself, for itself.
_TAKE_IN = text(
    """
with wait as (
    select set_config('lock_timeout', '500ms', true) as lock_timeout
), kept as (
    insert into idempotency (tenant, key, fingerprint, receipt)
    select :tenant, :key, :fingerprint, :receipt from wait where lock_timeout is not null
    returning 1
), declared as (
    insert into declaration (
        declaration_id, tenant, siret, person_ref, contract, risk, first_day, last_day, state,
        revision, fingerprint, declared_at
    )
    select
        :declaration_id, :tenant, :siret, :person_ref, :contract, :risk, :first_day, :last_day,
        'declared', 1, :fingerprint, :declared_at
    from kept
    returning 1
), revised as (
    insert into revision (declaration_id, revision, tenant, change, content, client, at)
    select
        :declaration_id, 1, :tenant, 'initial', cast(:content as jsonb), :client, :declared_at
    from declared
    returning 1
), telling as (
    select from revised
),
"""
    + EVENT_CTES
    + "select version from told"
)


@dataclass(frozen=True, slots=True)
class Arriving:
    """A first revision as rows. `content` and `receipt` are JSON text."""

    tenant: str
    key: bytes
    receipt: str
    declaration_id: UUID
    siret: str
    person_ref: str
    contract: str
    risk: str
    first_day: date
    last_day: date
    fingerprint: bytes
    content: str
    client: str
    declared_at: datetime


async def add(tx: Tx, arriving: Arriving, event: dict[str, object]) -> bool:
    """False if the key has been used or the days are declared. `event`: the outbox's parameters."""
    values = {name: getattr(arriving, name) for name in Arriving.__slots__} | event
    try:
        await tx.execute(_TAKE_IN, values)
    except IntegrityError:
        return False
    except DBAPIError as failed:
        raise in_progress(failed) from None
    return True


def in_progress(failed: DBAPIError) -> Exception:
    """The refusal of a request whose twin is still running; any other failure as it came."""
    if isinstance(getattr(failed.orig, "__cause__", None), LockNotAvailableError):
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return Refused("request-in-progress", headers=headers)
    return failed
