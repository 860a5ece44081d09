"""What was sent and what came back, kept as proof: attempts with their raw answers, and evidence.

Evidence rows say why an unknown outcome was resolved as it was; a second attempt without one is a
bug that the tests look for.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.sealing import Sealer
from contracts.topics import SUBMISSIONS

from cpam_adapter.store.submissions import Submission
from cpam_adapter.store.tables import attempt, evidence

Kind = Literal[
    "lease-over",
    "late-answer",
    "reference-unproven",
    "query-found",
    "query-not-found",
    "query-failed",
    "may-resend",
    "answer",
    "double-content",
    "limit",
    "restored",
    "recalled",
]


async def add_attempts(tx: Tx, submissions: Sequence[Submission]) -> None:
    await tx.execute(
        sa.insert(attempt),
        [
            {
                "submission_id": item.id,
                "attempt": item.attempt,
                "intent_at": item.intent_at,
                "envelope_sha256": item.envelope_sha256,
            }
            for item in submissions
        ],
    )


async def end_attempt(tx: Tx, submission: Submission, *, outcome: str, at: datetime) -> None:
    await _write(tx, submission, outcome=outcome, ended_at=at)


async def keep_answer(
    tx: Tx,
    submission: Submission,
    *,
    sealer: Sealer,
    outcome: str,
    at: datetime,
    sent: str,
    http_status: int | None,
    raw: bytes,
) -> None:
    """Ends the attempt with what went over the wire, and what came back as it came."""
    sealed = None
    if raw:
        sealed = await sealer.seal_bytes(
            raw,
            tenant=submission.tenant,
            topic=SUBMISSIONS.name,
            stream=submission.id,
            field=f"answer-{submission.attempt}",
        )
    await _write(
        tx,
        submission,
        outcome=outcome,
        ended_at=at,
        sent=sent,
        http_status=http_status,
        answer=sealed,
    )


async def _write(tx: Tx, submission: Submission, **values: Any) -> None:
    await tx.execute(
        sa.update(attempt)
        .where(
            attempt.c.submission_id == submission.id,
            attempt.c.attempt == submission.attempt,
        )
        .values(**values)
    )


async def add_evidence(
    tx: Tx,
    submission: Submission,
    kind: Kind,
    at: datetime,
    *,
    detail: str | None = None,
    actor: str = "cpam-adapter",
) -> None:
    await tx.execute(
        sa.insert(evidence).values(
            submission_id=submission.id,
            attempt=submission.attempt,
            kind=kind,
            detail=detail,
            at=at,
            actor=actor,
        )
    )


async def first_not_found(tx: Tx, submission: Submission) -> datetime | None:
    """When the CPAM first said that it does not know the number, since the last attempt."""
    query = sa.select(sa.func.min(evidence.c.at)).where(
        evidence.c.submission_id == submission.id,
        evidence.c.attempt == submission.attempt,
        evidence.c.kind == "query-not-found",
    )
    first: datetime | None = (await tx.execute(query)).scalar_one()
    return first


async def list_attempts(tx: Tx, submission: UUID) -> Sequence[sa.RowMapping]:
    columns = [column for column in attempt.c if column.name not in ("submission_id", "answer")]
    query = (
        sa.select(*columns, attempt.c.answer.is_not(None).label("answer_kept"))
        .where(attempt.c.submission_id == submission)
        .order_by(attempt.c.attempt)
    )
    return (await tx.execute(query)).mappings().all()


async def list_evidence(tx: Tx, submission: UUID) -> Sequence[sa.RowMapping]:
    columns = [column for column in evidence.c if column.name != "submission_id"]
    query = (
        sa.select(*columns).where(evidence.c.submission_id == submission).order_by(evidence.c.id)
    )
    return (await tx.execute(query)).mappings().all()
