"""A declaration was submitted, prolonged, corrected, ended by a return, or cancelled."""

from datetime import datetime

from chassis import trace
from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import Declaration

from matcher.store import cases, facts, locks
from matcher.store.ledger import Ledger


async def record_declaration(
    tx: Tx, event: Event, declared: Declaration, ledger: Ledger, at: datetime
) -> None:
    """Keeps the revision; the case, a shell until now perhaps, then says what it amounts to.

    A correction may move the case to another person: both persons' payments are looked at again.
    """
    await locks.lock_person(tx, event.tenant, declared.person_ref)
    case = await cases.note(tx, event.tenant, declared.declaration_id, at)
    if not await facts.add_revision(tx, case.case_id, declared):
        return
    await cases.assign(
        tx,
        case.case_id,
        siret=declared.siret.value,
        person_ref=declared.person_ref,
        revision=declared.revision,
        traceparent=trace.current.get(),
    )
    if case.person_ref not in (None, declared.person_ref):
        await ledger.bring_up_to_date(tx, event.tenant, case.person_ref, at)
    await ledger.bring_up_to_date(tx, event.tenant, declared.person_ref, at)
