"""Takes a new declaration in: key, arrêt, first revision and event in one statement.

The key's insert waits for a transaction that holds the same key, and the arrêt's insert for one
that declares overlapping days; after the wait the other's outcome is known. A `select` before the
insert would not know it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg.exceptions import LockNotAvailableError
from chassis.db import Tx
from chassis.errors import Refused
from chassis.outbox import EVENT_CTES
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

RETRY_AFTER_SECONDS = 1
BRIEF_WAIT = text("set local lock_timeout = '500ms'")

# The brief wait is set by the statement itself: one round trip less.
_TAKE_IN = text(
    """
with wait as (
    select set_config('lock_timeout', '500ms', true) as lock_timeout
), kept as (
    insert into idempotency (tenant, key, fingerprint, receipt)
    select :tenant, :key, :fingerprint, :receipt from wait
    where lock_timeout is not null
    on conflict (tenant, key) do nothing
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
    on conflict do nothing
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
    + "select exists (select from kept), exists (select from told)"
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


@dataclass(frozen=True, slots=True)
class TakenIn:
    """`key`: the key was new; `arret`: no live declaration overlaps."""

    key: bool
    arret: bool


async def add(tx: Tx, arriving: Arriving, event: dict[str, object]) -> TakenIn:
    """`event` are the outbox's parameters; it is told only where the arrêt is stored."""
    values = {name: getattr(arriving, name) for name in Arriving.__slots__} | event
    try:
        row = (await tx.execute(_TAKE_IN, values)).one()
    except DBAPIError as failed:
        raise in_progress(failed) from None
    return TakenIn(key=row[0], arret=row[1])


def in_progress(failed: DBAPIError) -> Exception:
    """The refusal of a request whose twin is still running; any other failure as it came."""
    if isinstance(getattr(failed.orig, "__cause__", None), LockNotAvailableError):
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return Refused("request-in-progress", headers=headers)
    return failed
