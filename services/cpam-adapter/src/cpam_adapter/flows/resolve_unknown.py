"""An errand: asks the CPAM what became of a sending whose outcome is unknown, at its business time.

Mode B: "found" adopts the reference if the content is ours; "not found" counts when it was said
twice, settling time apart, and only then may the same bytes go out again. A question without an
answer proves nothing. Mode A may repeat after the quiet time; modes C and D wait for a receipt. At
the limit a person looks.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chassis import leases, trace
from chassis.clock import Clock
from chassis.db import Begin, Tx
from chassis.directory import Directory
from chassis.incidents import Incidents
from chassis.leases import Lease

from cpam_adapter.domain.patience import Patience
from cpam_adapter.domain.submission import Fact, State
from cpam_adapter.partner.cpam import Cpam
from cpam_adapter.partner.outcomes import Deposited, NotFound, StatusOutcome, Unclear
from cpam_adapter.store import claims, facts, proofs, submissions
from cpam_adapter.store.submissions import Submission

Capability = Literal["A", "B", "C", "D"]
_AT_ONCE = 8
_ATTEMPTS_BEFORE_ALARM = 3
_ALARM_AFTER = timedelta(minutes=15)
DOUBLE_FILING = "cpam-double-filing"


@dataclass(frozen=True, slots=True)
class Asking:
    begin: Begin
    cpam: Cpam
    clock: Clock
    directory: Directory
    incidents: Incidents
    patience: Patience
    capability: Capability
    lease: timedelta


async def resolve_unknown(asking: Asking) -> int:
    """How many were looked at."""
    lease = leases.take(asking.lease)
    async with asking.begin() as tx:
        due = await claims.lease_to_ask(tx, lease=lease, now=asking.clock.now(), limit=_AT_ONCE)
    ended = await asyncio.gather(
        *(_resolve(asking, lease, submission) for submission in due), return_exceptions=True
    )
    for result in ended:
        if isinstance(result, BaseException):
            raise result
    return len(due)


async def _resolve(asking: Asking, lease: Lease, submission: Submission) -> None:
    with trace.span("resolve", parent=submission.traceparent, **submission.ids()):
        await _look(asking, lease, submission)


async def _look(asking: Asking, lease: Lease, submission: Submission) -> None:
    answer = await _ask(asking, submission) if asking.capability == "B" else None
    async with asking.begin() as tx:
        if submission.state is not State.UNKNOWN:
            await _complete_proof(tx, asking, lease, submission, answer)
        elif asking.capability == "A":
            await _resend(tx, asking, lease, submission, why="mode A")
        elif answer is None:
            await _wait(tx, asking, lease, submission)
        else:
            await _conclude(tx, asking, lease, submission, answer)


async def _ask(asking: Asking, submission: Submission) -> StatusOutcome:
    account = asking.directory.account_of(submission.tenant)
    if account is None or account.account != submission.account:
        return Unclear("account-gone")
    return await asking.cpam.status(account, submission.control_number)


async def _conclude(
    tx: Tx, asking: Asking, lease: Lease, submission: Submission, answer: StatusOutcome
) -> None:
    now = asking.clock.now()
    match answer:
        case Deposited() if answer.filing_sha256 == submission.filing_sha256:
            await _adopt(tx, asking, lease, submission, answer)
        case Deposited():
            await proofs.add_evidence(tx, submission, "query-found", now, detail="other content")
            await facts.doubt(
                tx,
                submission,
                State.UNKNOWN,
                Fact.DISPUTED,
                reason="number-with-other-content",
                incidents=asking.incidents,
                now=now,
                lease=lease,
            )
        case NotFound():
            await _not_found(tx, asking, lease, submission)
        case Unclear(reason):
            await proofs.add_evidence(tx, submission, "query-failed", now, detail=reason)
            await _wait(tx, asking, lease, submission)


async def _adopt(
    tx: Tx, asking: Asking, lease: Lease, submission: Submission, found: Deposited
) -> None:
    now = asking.clock.now()
    await proofs.add_evidence(tx, submission, "query-found", now, detail=found.reference)
    if found.filings > 1:
        detail = {"submission": str(submission.id), "filings": str(found.filings)}
        await asking.incidents.open(tx, DOUBLE_FILING, str(submission.id), detail)
    await facts.acknowledge(
        tx,
        submission,
        State.UNKNOWN,
        Fact.FOUND,
        reference=found.reference,
        deposited_at=found.deposited_at,
        incidents=asking.incidents,
        now=now,
        lease=lease,
    )


async def _not_found(tx: Tx, asking: Asking, lease: Lease, submission: Submission) -> None:
    now, since = asking.clock.now(), _since(submission)
    first = await proofs.first_not_found(tx, submission)
    await proofs.add_evidence(tx, submission, "query-not-found", now)
    second_look = asking.patience.second_look(since, first or now)
    if first is not None and now >= second_look:
        await _resend(tx, asking, lease, submission, why="not found twice")
    else:
        await submissions.note(tx, submission, lease=lease, next_action_at=second_look)


async def _resend(
    tx: Tx, asking: Asking, lease: Lease, submission: Submission, *, why: str
) -> None:
    now = asking.clock.now()
    if await submissions.move(tx, submission.id, State.UNKNOWN, Fact.MAY_RESEND, lease=lease):
        await proofs.add_evidence(tx, submission, "may-resend", now, detail=why)
    if submission.attempt >= _ATTEMPTS_BEFORE_ALARM:
        detail = {"reason": "sent again and again without an answer"}
        await asking.incidents.open(tx, facts.IN_DOUBT, str(submission.id), detail)


async def _wait(tx: Tx, asking: Asking, lease: Lease, submission: Submission) -> None:
    """No proof either way: ask later, wait for a receipt, or hand over at the limit."""
    now, since = asking.clock.now(), _since(submission)
    limit = since + asking.patience.limit
    if now >= limit:
        await proofs.add_evidence(tx, submission, "limit", now)
        await facts.doubt(
            tx,
            submission,
            State.UNKNOWN,
            Fact.LIMIT,
            reason="unresolved-at-limit",
            incidents=asking.incidents,
            now=now,
            lease=lease,
        )
        return
    later = limit
    if asking.capability == "B":
        later = min(asking.patience.next_question(since, now), limit)
        if now - since >= _ALARM_AFTER:
            detail = {"reason": "status query gets no answer"}
            await asking.incidents.open(tx, facts.IN_DOUBT, str(submission.id), detail)
    await submissions.note(tx, submission, lease=lease, next_action_at=later)


async def _complete_proof(
    tx: Tx, asking: Asking, lease: Lease, submission: Submission, answer: StatusOutcome | None
) -> None:
    """A business answer ended the doubt; the deposit's own date is still to be had."""
    now = asking.clock.now()
    if isinstance(answer, Deposited) and answer.filing_sha256 == submission.filing_sha256:
        await proofs.add_evidence(tx, submission, "query-found", now, detail=answer.reference)
        noted = await submissions.note(
            tx,
            submission,
            lease=lease,
            next_action_at=None,
            reference=answer.reference,
            deposited_at=answer.deposited_at,
        )
        if noted:
            proof = facts.proof_of(submission, answer.reference, answer.deposited_at)
            await facts.tell(tx, submission, proof, now)
        return
    later = asking.patience.next_question(_since(submission), now)
    limit = _since(submission) + asking.patience.limit
    await submissions.note(
        tx, submission, lease=lease, next_action_at=later if later <= limit else None
    )


def _since(submission: Submission) -> datetime:
    return submission.unclear_at or submission.intent_at or submission.prepared_at
