"""Deadlines as rows with their stored due instants; what changes is computed in the domain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx
from sqlalchemy import Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from matcher.domain.deadline import Deadline
from matcher.domain.delays import Due
from matcher.store.tables import deadline, sick_case

_CHANGING = ("since", "due_at", "rule", "state", "missed_at", "ended_at", "reason")

# Made once: building a query takes longer than running it.
_OF_CASES = (
    select(deadline)
    .where(deadline.c.case_id == any_(bindparam("cases", type_=ARRAY(Uuid))))
    .order_by(deadline.c.since, deadline.c.awaited, deadline.c.revision)
)
_ADDING = insert(deadline)
_WRITE = _ADDING.on_conflict_do_update(
    index_elements=["case_id", "awaited", "revision"],
    set_={name: _ADDING.excluded[name] for name in _CHANGING},
)


@dataclass(frozen=True, slots=True)
class DueCase:
    case_id: UUID
    tenant: str
    person_ref: str


async def of_cases(tx: Tx, cases: Sequence[UUID]) -> list[tuple[UUID, Deadline]]:
    found = await tx.execute(_OF_CASES, {"cases": cases})
    return [(row["case_id"], _deadline(row)) for row in found.mappings()]


async def write(tx: Tx, case_id: UUID, changed: Iterable[Deadline]) -> None:
    await tx.execute(_WRITE, [_columns(case_id, each) for each in changed])


async def list_due(tx: Tx, by: datetime, limit: int) -> list[DueCase]:
    found = await tx.execute(
        select(sick_case.c.case_id, sick_case.c.tenant, sick_case.c.person_ref)
        .join(deadline, deadline.c.case_id == sick_case.c.case_id)
        .where(deadline.c.state == "pending", deadline.c.due_at <= by)
        .order_by(deadline.c.due_at, sick_case.c.case_id)
        .limit(limit)
    )
    return [DueCase(row.case_id, row.tenant, row.person_ref) for row in found]


async def next_due(tx: Tx) -> datetime | None:
    found = await tx.execute(
        select(func.min(deadline.c.due_at)).where(deadline.c.state == "pending")
    )
    earliest: datetime | None = found.scalar()
    return earliest


def _columns(case_id: UUID, given: Deadline) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "awaited": given.awaited,
        "revision": given.revision,
        "since": given.since,
        "due_at": given.due.at,
        "rule": given.due.rule,
        "state": given.state,
        "missed_at": given.missed_at,
        "ended_at": given.ended_at,
        "reason": given.reason,
    }


def _deadline(row: Any) -> Deadline:
    return Deadline(
        awaited=row["awaited"],
        revision=row["revision"],
        since=row["since"],
        due=Due(row["due_at"], row["rule"]),
        state=row["state"],
        missed_at=row["missed_at"],
        ended_at=row["ended_at"],
        reason=row["reason"],
    )
