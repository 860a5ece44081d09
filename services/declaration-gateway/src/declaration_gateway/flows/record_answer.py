"""Reaction: keeps what the CPAM answered, for the HRIS to read back.

The declaration is not looked up: an answer may be read before a restored gateway knows it again.
"""

from dataclasses import replace

from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import SubmissionAcknowledged, SubmissionAnswered, SubmissionRefused

from declaration_gateway.store import answers
from declaration_gateway.store.answers import Answer

Answering = SubmissionAcknowledged | SubmissionRefused | SubmissionAnswered


async def record_answer(tx: Tx, event: Event, data: Answering) -> None:
    await answers.add(tx, _answer(event, data))


def _answer(event: Event, data: Answering) -> Answer:
    said = Answer(
        submission_id=event.stream,
        version=event.version,
        tenant=event.tenant,
        declaration_id=data.declaration_id,
        revision=data.revision,
        kind="technical",
        verdict="received",
        control_number=data.control_number,
        at=event.time,
    )
    match data:
        case SubmissionAcknowledged():
            return replace(
                said,
                at=data.deposited_at,
                reference=data.reference,
                content_sha256=data.content_sha256,
            )
        case SubmissionRefused():
            return replace(
                said, verdict="rejected", at=data.refused_at, code=data.code, label=data.label
            )
        case SubmissionAnswered():
            return replace(
                said,
                kind="business",
                verdict=data.verdict,
                at=data.answered_at,
                code=data.code,
                label=data.label,
            )
