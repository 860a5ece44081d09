"""A payment statement came out of a slip of the CPAM."""

from datetime import datetime

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import Statement

from matcher.domain.slip import split
from matcher.store import locks, statements
from matcher.store.ledger import Ledger


async def record_statement(
    tx: Tx, event: Event, given: Statement, ledger: Ledger, at: datetime
) -> None:
    """Taken once by its id, with or without a case: unmatched money is kept and tried again."""
    await locks.lock_person(tx, event.tenant, given.person_ref)
    if await statements.add(tx, event.tenant, given, split(given)):
        await ledger.bring_up_to_date(tx, event.tenant, given.person_ref, at)
