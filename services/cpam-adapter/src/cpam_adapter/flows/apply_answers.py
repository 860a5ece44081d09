"""An errand: each stored answer, in its own transaction, moves the submission it names.

Tied by the control number alone, whole and exact; tenant, account, SIRET and deposit reference must
then agree, else the answer goes to quarantine. What the answer does is the table in
`domain/answers.py`. Goes to submissions.v1 as SubmissionAnswered.
"""

import asyncio
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from uuid import UUID

from chassis import trace
from chassis.clock import Clock
from chassis.db import Begin, Tx, after_commit
from chassis.incidents import Incidents
from chassis.sealing import Sealer
from contracts.events import Acceptance, SubmissionAnswered
from contracts.topics import SUBMISSIONS
from prometheus_client import Histogram

from cpam_adapter.domain.answers import Accepted, Special, effect
from cpam_adapter.domain.submission import State
from cpam_adapter.partner.cpam import Cpam
from cpam_adapter.partner.replies import Reply
from cpam_adapter.store import answers, facts, proofs, quarantine, submissions
from cpam_adapter.store.answers import About, StoredAnswer
from cpam_adapter.store.submissions import Submission

_HOUR, _DAY = 3600, 24 * 3600
DELAYS = Histogram(
    "jonction_cpam_answer_delay_seconds",
    "Business time from a deposit to its first business answer",
    ["caisse"],
    buckets=[_HOUR, 6 * _HOUR, *(days * _DAY for days in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30))],
)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Applying:
    begin: Begin
    cpam: Cpam
    clock: Clock
    sealer: Sealer
    incidents: Incidents
    asks_status: bool
    """Mode B: a deposit proven by an answer alone is asked for its date."""


async def apply_answers(applying: Applying) -> int:
    """How many were settled; those that wait for a sending to end are left."""
    async with applying.begin() as tx:
        stored = await answers.list_stored(tx, limit=_AT_ONCE)
    done, failed = 0, None
    for identity in stored:
        # One after the other, in the order given; one that fails is told after the others.
        result = (await asyncio.gather(_apply(applying, identity), return_exceptions=True))[0]
        if isinstance(result, BaseException):
            failed = result
        else:
            done += result
    if failed is not None:
        raise failed
    return done


async def _apply(applying: Applying, identity: UUID) -> int:
    async with applying.begin() as tx:
        stored = await answers.lock_stored(tx, identity)
        if stored is None:
            return 0
        raw = await applying.sealer.open_bytes(
            stored.raw,
            tenant=stored.tenant,
            topic=SUBMISSIONS.name,
            stream=stored.id,
            field="answer",
        )
        read = await applying.cpam.reread(raw)
        found: Submission | str = read.reason or "schema"
        if read.reply is not None:
            found = await _correlate(tx, stored, read.reply)
        if read.reply is not None and not isinstance(found, str):
            with trace.span(
                "answer",
                parent=found.traceparent,
                verdict=read.reply.verdict,
                **found.ids(),
            ):
                return await _take(tx, applying, stored, found, read.reply)
        suspect = quarantine.Suspect(
            stored.tenant,
            stored.account,
            "answers",
            str(found),
            raw,
            control_number=read.reply.control_number if read.reply else None,
            answer_id=stored.answer_id,
        )
        await _quarantine(tx, applying, stored, suspect)
        return 1


async def _correlate(tx: Tx, stored: StoredAnswer, reply: Reply) -> Submission | str:
    """The submission it is about, locked, or the reason why there is none."""
    if await answers.was_given_otherwise(tx, stored):
        return "answer-changed"
    if reply.control_number is None:
        return "no-number"
    submission = await submissions.find_by_number(tx, reply.control_number)
    if submission is None:
        return "unknown-number"
    disagreements = {
        "other-account": (submission.tenant, submission.account) != (stored.tenant, stored.account),
        "other-siret": submission.siret != reply.siret,
        "other-reference": submission.reference not in (None, reply.reference),
        "never-sent": submission.attempt == 0,
    }
    return next((reason for reason, found in disagreements.items() if found), submission)


async def _take(
    tx: Tx, applying: Applying, stored: StoredAnswer, submission: Submission, reply: Reply
) -> int:
    about = About(submission.id, reply.verdict, _content_sha256(reply))
    if await answers.was_applied(tx, about):
        await answers.settle(tx, stored, "ignored", reason="repeat", about=about)
        return 1
    late = submission.last_answer_at is not None and reply.answered_at < submission.last_answer_at
    does = effect(submission.state, reply.verdict, late=late)
    if does is Special.WAIT:
        return 0
    if does is None:
        reason = "late" if late else "no-news"
        await answers.settle(tx, stored, "ignored", reason=reason, about=about)
    elif does is Special.CONFLICT:
        await answers.settle(
            tx, stored, "conflict", reason=f"after-{submission.state}", about=about
        )
        await _contradict(tx, applying, submission)
    else:
        await answers.settle(tx, stored, "applied", about=about)
        await _move(tx, applying, submission, reply, does)
    return 1


async def _move(
    tx: Tx, applying: Applying, submission: Submission, reply: Reply, state: State
) -> None:
    now = applying.clock.now()
    unproven = submission.deposited_at is None
    if unproven:
        await proofs.add_evidence(tx, submission, "answer", now, detail=reply.answer_id)
        await applying.incidents.close(tx, facts.IN_DOUBT, str(submission.id))
    await submissions.answered(
        tx,
        submission,
        state,
        reason=None,
        reference=submission.reference or reply.reference,
        next_action_at=now if unproven and applying.asks_status else None,
        last_answer_at=max(reply.answered_at, submission.last_answer_at or reply.answered_at),
    )
    news = SubmissionAnswered(
        **submission.names(),
        answer_id=reply.answer_id,
        verdict=reply.verdict,
        code=reply.code,
        label=reply.label,
        answered_at=reply.answered_at,
        acceptance=_acceptance(reply.accepted),
    )
    await facts.tell(tx, submission, news, now)
    if submission.deposited_at is not None and submission.last_answer_at is None:
        delay = (reply.answered_at - submission.deposited_at).total_seconds()
        after_commit(tx, partial(DELAYS.labels(submission.caisse).observe, delay))


async def _contradict(tx: Tx, applying: Applying, submission: Submission) -> None:
    reason = "contradictory-answers"
    await submissions.answered(tx, submission, State.CONFLICT, reason=reason)
    await facts.tell_doubt(
        tx, submission, reason=reason, incidents=applying.incidents, now=applying.clock.now()
    )


def _acceptance(accepted: Accepted | None) -> Acceptance | None:
    """None also where the caisse accepts without saying until when, or how much a day."""
    if accepted is None or accepted.accepted_until is None or accepted.daily_gross is None:
        return None
    return Acceptance(
        risk=accepted.risk,
        first_payable_day=accepted.first_payable_day,
        accepted_until=accepted.accepted_until,
        daily_gross=accepted.daily_gross,
        subrogation=accepted.subrogation,
        claim_number=accepted.claim_number,
    )


def _content_sha256(reply: Reply) -> str:
    """Equal for the same words under another identifier."""
    content = {key: value for key, value in asdict(reply).items() if key != "answer_id"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


async def _quarantine(
    tx: Tx, applying: Applying, stored: StoredAnswer, suspect: quarantine.Suspect
) -> None:
    await quarantine.keep(
        tx,
        suspect,
        sealer=applying.sealer,
        incidents=applying.incidents,
        at=applying.clock.now(),
    )
    await answers.settle(tx, stored, "quarantined", reason=suspect.reason)
