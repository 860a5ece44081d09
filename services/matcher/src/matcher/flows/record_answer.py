"""The CPAM answered: a technical acknowledgement, a refused deposit, or a business answer."""

from datetime import datetime

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import SubmissionAcknowledged, SubmissionAnswered, SubmissionRefused

from matcher.domain.facts import Answer
from matcher.store import facts, locks
from matcher.store.ledger import Ledger

Given = SubmissionAcknowledged | SubmissionRefused | SubmissionAnswered


async def record_answer(tx: Tx, event: Event, given: Given, ledger: Ledger, at: datetime) -> None:
    """An answer may come before its declaration: the case is then a shell that waits for it."""
    case = await locks.lock_case(tx, event.tenant, given.declaration_id, at)
    added = await facts.add_answer(tx, case.case_id, _kept(given))
    if added and case.person_ref is not None:
        await ledger.bring_up_to_date(tx, event.tenant, case.person_ref, at)


def _kept(given: Given) -> Answer:
    match given:
        case SubmissionAcknowledged():
            return Answer(
                key=f"technical|{given.revision}",
                revision=given.revision,
                kind="technical",
                verdict="received",
                answered_at=given.deposited_at,
                reference=given.reference,
            )
        case SubmissionRefused():
            return Answer(
                key=f"technical|{given.revision}|{given.code}",
                revision=given.revision,
                kind="technical",
                verdict="rejected",
                answered_at=given.refused_at,
                code=given.code,
                label=given.label,
            )
        case SubmissionAnswered():
            return Answer(
                key=given.answer_id,
                revision=given.revision,
                kind="business",
                verdict=given.verdict,
                answered_at=given.answered_at,
                code=given.code,
                label=given.label,
                acceptance=given.acceptance,
            )
