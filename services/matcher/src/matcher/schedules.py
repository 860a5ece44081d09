"""Door: the clock. Deadlines are of business time; they are looked at in real time."""

from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.db import Database
from chassis.schedules import Schedule

from matcher.flows.watch_deadlines import watch_deadlines
from matcher.store import deadlines
from matcher.store.ledger import Ledger


def table(db: Database, ledger: Ledger, clock: Clock, *, every: timedelta) -> list[Schedule]:
    async def watch() -> int:
        return await watch_deadlines(db.begin, ledger, clock)

    async def next_due() -> datetime | None:
        async with db.begin() as tx:
            return await deadlines.next_due(tx)

    # What came while this service was away is read before its absence is told.
    look = Schedule("watch_deadlines", every, watch, next_due, after_reading=True)
    return [look]
