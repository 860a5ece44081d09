"""Submissions: one row a revision of a declaration, from frozen bytes to the CPAM's last word.

Every final write names the state it expects, and the lease where one is held; `False` means that
somebody else was first, which is normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis import leases
from chassis.db import Tx
from chassis.leases import Lease
from prometheus_client import Gauge
from sqlalchemy.dialects.postgresql import insert

from cpam_adapter.domain.submission import Fact, State, after
from cpam_adapter.store.tables import submission as table


@dataclass(frozen=True, slots=True)
class Submission:
    id: UUID
    tenant: str
    declaration_id: UUID
    revision: int
    change: str
    siret: str
    account: str | None
    caisse: str | None
    control_number: str
    traceparent: str | None
    envelope: str = field(repr=False)
    envelope_sha256: str
    filing_sha256: str
    content_sha256: str
    state: State
    reason: str | None
    prepared_at: datetime
    attempt: int
    failures: int
    intent_at: datetime | None
    unclear_at: datetime | None
    next_action_at: datetime | None
    reference: str | None
    deposited_at: datetime | None
    refusal_code: str | None
    refusal_label: str | None
    refused_at: datetime | None
    last_answer_at: datetime | None

    def ids(self) -> dict[str, Any]:
        """What every span about it says."""
        return {
            "submission": self.id,
            "declaration": self.declaration_id,
            "attempt": self.attempt,
        }

    def names(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "submission_id": self.id,
            "declaration_id": self.declaration_id,
            "revision": self.revision,
            "control_number": self.control_number,
        }


OPEN = Gauge("jonction_submissions_open", "Submissions without a final word", ["caisse", "state"])
_FINAL = [State.ACCEPTED, State.REJECTED, State.REJECTED_FORM]
COLUMNS = [table.c[name] for name in Submission.__dataclass_fields__]

# Made once: building these for each declaration took longer than running them.
_ADD = insert(table).on_conflict_do_nothing(index_elements=[table.c.id]).returning(*COLUMNS)
_ORIGIN = (
    sa.select(table.c.control_number)
    .where(
        table.c.declaration_id == sa.bindparam("declaration"),
        table.c.revision < sa.bindparam("before"),
        table.c.state != State.REJECTED_FORM,
    )
    .order_by(table.c.revision)
    .limit(1)
)
_CANCELLED = sa.alias(table)
_DOUBLE = (
    sa.select(table.c.id)
    .where(
        table.c.tenant == sa.bindparam("tenant"),
        table.c.content_sha256 == sa.bindparam("content_sha256"),
        table.c.declaration_id != sa.bindparam("declaration"),
        table.c.state.not_in([State.REJECTED_FORM, State.REJECTED]),
        ~sa.exists().where(
            _CANCELLED.c.tenant == table.c.tenant,
            _CANCELLED.c.declaration_id == table.c.declaration_id,
            _CANCELLED.c.change == "cancellation",
        ),
    )
    .limit(1)
)


def read(row: sa.Row[Any]) -> Submission:
    values = dict(row._mapping)
    return Submission(**{**values, "state": State(values["state"])})


async def count_open(tx: Tx) -> dict[tuple[str, ...], float]:
    """By caisse and state."""
    caisse = sa.func.coalesce(table.c.caisse, "none")
    query = (
        sa.select(caisse, table.c.state, sa.func.count())
        .where(table.c.state.not_in([sa.literal_column(f"'{state}'") for state in _FINAL]))
        .group_by(caisse, table.c.state)
    )
    return {(row[0], row[1]): row[2] for row in await tx.execute(query)}


async def add(tx: Tx, **values: Any) -> Submission | None:
    """None when it is there already."""
    row = (await tx.execute(_ADD, values)).one_or_none()
    return None if row is None else read(row)


async def find(tx: Tx, identity: UUID, *, lock: bool = False) -> Submission | None:
    query = sa.select(*COLUMNS).where(table.c.id == identity)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else read(row)


async def find_by_number(tx: Tx, control_number: str) -> Submission | None:
    """Exact and whole; the row stays locked until the transaction ends."""
    query = sa.select(*COLUMNS).where(table.c.control_number == control_number).with_for_update()
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else read(row)


async def list_(
    tx: Tx, *, declaration: UUID | None, after_id: UUID | None, limit: int
) -> Sequence[Submission]:
    query = sa.select(*COLUMNS).order_by(table.c.id).limit(limit)
    if declaration is not None:
        query = query.where(table.c.declaration_id == declaration)
    if after_id is not None:
        query = query.where(table.c.id > after_id)
    return [read(row) for row in await tx.execute(query)]


async def origin_number(tx: Tx, declaration: UUID, *, before: int) -> str | None:
    """The number under which the arrêt was, or may have been, filed first."""
    found = await tx.execute(_ORIGIN, {"declaration": declaration, "before": before})
    number: str | None = found.scalar_one_or_none()
    return number


async def find_double(
    tx: Tx, *, tenant: str, content_sha256: str, declaration: UUID
) -> UUID | None:
    """A live submission of another declaration with equal content."""
    known = {"tenant": tenant, "content_sha256": content_sha256, "declaration": declaration}
    found: UUID | None = (await tx.execute(_DOUBLE, known)).scalar_one_or_none()
    return found


async def move(
    tx: Tx,
    submission: UUID,
    state: State,
    fact: Fact,
    *,
    lease: Lease | None = None,
    retry_in: timedelta | None = None,
    **values: Any,
) -> bool:
    """Applies a fact to a submission in `state`, under `lease` if given, and ends the lease."""
    target = after(state, fact)
    if target is None:
        return False
    held = [table.c.id == submission, table.c.state == state]
    if lease is not None:
        held.append(leases.mine(table, lease))
    retry_at = None if retry_in is None else leases.real_now() + retry_in
    ended = {**leases.RELEASED, "next_action_at": None}
    changed = await tx.execute(
        sa.update(table)
        .where(*held)
        .values({"state": target, "retry_at": retry_at, **ended, **values})
    )
    return changed.rowcount == 1


async def note(
    tx: Tx, submission: Submission, *, lease: Lease | None = None, **values: Any
) -> bool:
    """Writes beside the state, which must still be the one that was read, and ends the lease."""
    held = [table.c.id == submission.id, table.c.state == submission.state]
    if lease is not None:
        held.append(leases.mine(table, lease))
    changed = await tx.execute(sa.update(table).where(*held).values({**leases.RELEASED, **values}))
    return changed.rowcount == 1


async def answered(tx: Tx, submission: Submission, state: State, **values: Any) -> bool:
    """The effect of a business answer on a submission that is locked by `find_by_number`."""
    changed = await tx.execute(
        sa.update(table)
        .where(table.c.id == submission.id, table.c.state == submission.state)
        .values({"state": state, "retry_at": None, **leases.RELEASED, **values})
    )
    return changed.rowcount == 1
