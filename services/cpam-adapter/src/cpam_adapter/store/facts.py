"""A fact about a submission and its event, written together or not at all.

Several flows learn the same facts: the sender, the asker, the collector of answers. Each function
moves the row along the table of states, tells submissions.v1 and opens or closes the incident;
`False` means that the row had moved on, and nothing is told.
"""

from datetime import datetime
from typing import Any

from chassis import outbox, trace
from chassis.db import Tx
from chassis.incidents import Incidents
from chassis.leases import Lease
from contracts.events import (
    Submission as SubmissionNews,
)
from contracts.events import (
    SubmissionAcknowledged,
    SubmissionDoubtful,
    SubmissionRefused,
)

from cpam_adapter.domain.submission import Fact, State
from cpam_adapter.store import submissions
from cpam_adapter.store.submissions import Submission

IN_DOUBT = "submission-in-doubt"


async def tell(tx: Tx, submission: Submission, news: SubmissionNews, now: datetime) -> None:
    """The news carries the trace of the declaration that it comes from."""
    await outbox.add(
        tx,
        news,
        stream=submission.id,
        tenant=submission.tenant,
        at=now,
        traceparent=trace.rejoin(submission.traceparent),
    )


async def acknowledge(
    tx: Tx,
    submission: Submission,
    state: State,
    fact: Fact,
    *,
    reference: str,
    deposited_at: datetime,
    incidents: Incidents,
    now: datetime,
    lease: Lease | None = None,
) -> bool:
    moved = await submissions.move(
        tx,
        submission.id,
        state,
        fact,
        lease=lease,
        reference=reference,
        deposited_at=deposited_at,
        reason=None,
        failures=0,
    )
    if moved:
        await incidents.close(tx, IN_DOUBT, str(submission.id))
        await tell(tx, submission, proof_of(submission, reference, deposited_at), now)
    return moved


async def deposit(
    tx: Tx,
    submission: Submission,
    lease: Lease,
    *,
    reference: str,
    deposited_at: datetime,
    incidents: Incidents,
    now: datetime,
) -> bool:
    """The answer to our own sending. False when it came after the lease was taken over: it then
    still ends the doubt, if there is one.
    """
    told: dict[str, Any] = {
        "reference": reference,
        "deposited_at": deposited_at,
        "incidents": incidents,
        "now": now,
    }
    if await acknowledge(tx, submission, State.INTENT, Fact.DEPOSITED, lease=lease, **told):
        return True
    await acknowledge(tx, submission, State.UNKNOWN, Fact.FOUND, **told)
    return False


def proof_of(
    submission: Submission, reference: str, deposited_at: datetime
) -> SubmissionAcknowledged:
    return SubmissionAcknowledged(
        **submission.names(),
        reference=reference,
        deposited_at=deposited_at,
        content_sha256=submission.content_sha256,
    )


async def refuse(
    tx: Tx,
    submission: Submission,
    *,
    lease: Lease,
    code: str,
    label: str | None,
    now: datetime,
) -> bool:
    moved = await submissions.move(
        tx,
        submission.id,
        State.INTENT,
        Fact.REFUSED,
        lease=lease,
        refusal_code=code,
        refusal_label=label,
        refused_at=now,
        reason=None,
    )
    if moved:
        news = SubmissionRefused(**submission.names(), code=code, label=label, refused_at=now)
        await tell(tx, submission, news, now)
    return moved


async def doubt(
    tx: Tx,
    submission: Submission,
    state: State,
    fact: Fact,
    *,
    reason: str,
    incidents: Incidents,
    now: datetime,
    lease: Lease | None = None,
) -> bool:
    """To a person."""
    moved = await submissions.move(tx, submission.id, state, fact, lease=lease, reason=reason)
    if moved:
        await tell_doubt(tx, submission, reason=reason, incidents=incidents, now=now)
    return moved


async def tell_doubt(
    tx: Tx, submission: Submission, *, reason: str, incidents: Incidents, now: datetime
) -> None:
    detail: dict[str, Any] = {"reason": reason, "declaration": str(submission.declaration_id)}
    await incidents.open(tx, IN_DOUBT, str(submission.id), detail)
    news = SubmissionDoubtful(**submission.names(), since=now, reason=reason)
    await tell(tx, submission, news, now)
