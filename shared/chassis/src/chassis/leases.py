"""Leases of errands: a row is taken for a while of REAL time, and only its taker may finish it.

A table that is worked on by errands has the two columns of `columns()`. Every final write adds
`mine(table, lease)` to its condition; zero rows changed means that the lease was lost.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Column, ColumnElement, DateTime, FromClause, Uuid, and_, or_


@dataclass(frozen=True, slots=True)
class Lease:
    owner: UUID
    until: datetime
    _monotonic_end: float

    def remaining(self) -> timedelta:
        """By the monotonic clock: a wall clock that jumps must not lengthen it."""
        return timedelta(seconds=self._monotonic_end - time.monotonic())

    def lasts(self, needed: timedelta) -> bool:
        return self.remaining() > needed


def take(length: timedelta) -> Lease:
    return Lease(uuid4(), real_now() + length, time.monotonic() + length.total_seconds())


def real_now() -> datetime:
    return datetime.now(UTC)


def columns() -> tuple[Column[UUID], Column[datetime]]:
    return (
        Column("lease_owner", Uuid, nullable=True),
        Column("lease_until", DateTime(timezone=True), nullable=True),
    )


def free(table: FromClause) -> ColumnElement[bool]:
    return or_(table.c.lease_until.is_(None), table.c.lease_until < real_now())


def mine(table: FromClause, lease: Lease) -> ColumnElement[bool]:
    """Names the owner, not the time: a late result nobody else has replaced is still a result."""
    return and_(table.c.lease_owner == lease.owner)


def values(lease: Lease) -> dict[str, UUID | datetime]:
    return {"lease_owner": lease.owner, "lease_until": lease.until}


RELEASED: dict[str, None] = {"lease_owner": None, "lease_until": None}
