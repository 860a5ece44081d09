"""A revision is ready for the CPAM: from now on a technical acknowledgement is awaited."""

from datetime import datetime

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import SubmissionPrepared

from matcher.store import facts, locks
from matcher.store.ledger import Ledger


async def record_deposit(
    tx: Tx, event: Event, prepared: SubmissionPrepared, ledger: Ledger, at: datetime
) -> None:
    case = await locks.lock_case(tx, event.tenant, prepared.declaration_id, at)
    added = await facts.add_deposit(tx, case.case_id, prepared)
    if added and case.person_ref is not None:
        await ledger.bring_up_to_date(tx, event.tenant, case.person_ref, at)
