"""An errand without a partner: finds silences that have become too long, and tells each once."""

from chassis.clock import Clock
from chassis.db import Begin

from matcher.store import deadlines, locks
from matcher.store.ledger import Ledger

_AT_ONCE = 100


async def watch_deadlines(begin: Begin, ledger: Ledger, clock: Clock) -> int:
    """One transaction a case: what was told stays told when a later one fails."""
    now = clock.now()
    async with begin() as tx:
        due = await deadlines.list_due(tx, now, _AT_ONCE)
    for case in due:
        async with begin() as tx:
            await locks.lock_person(tx, case.tenant, case.person_ref)
            await ledger.bring_up_to_date(tx, case.tenant, case.person_ref, now, due_by=now)
    return len(due)
