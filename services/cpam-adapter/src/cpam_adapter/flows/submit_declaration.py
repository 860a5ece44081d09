"""An errand: sends what is ready, once per lease, and records what is known afterwards.

One transaction claims (INTENT, attempt, lease), none is open while the bytes travel, a last one
records the outcome under the lease. Whatever is not proof is UNKNOWN, for `resolve_unknown`; a
process that dies in between leaves INTENT, for `recover_leases`.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from chassis import leases, trace
from chassis.clock import Clock
from chassis.db import Begin, Tx
from chassis.directory import Directory
from chassis.failpoints import fp
from chassis.incidents import Incidents
from chassis.leases import Lease
from chassis.sealing import Sealer
from contracts.topics import SUBMISSIONS
from prometheus_client import Counter

from cpam_adapter.domain.patience import Terms, resend_delay
from cpam_adapter.domain.submission import Fact, State
from cpam_adapter.partner.cpam import Cpam
from cpam_adapter.partner.outcomes import (
    Deposited,
    DepositOutcome,
    NotTaken,
    NumberReused,
    RefusedForm,
    Unclear,
)
from cpam_adapter.partner.post import Exchange
from cpam_adapter.store import claims, facts, proofs, quarantine, submissions
from cpam_adapter.store.submissions import Submission

DEPOSITS = Counter("jonction_cpam_deposits_total", "Attempts by what is known of them", ["outcome"])
_MARGIN = timedelta(seconds=2)
_FAILURES_BEFORE_INCIDENT = 5
UNREACHABLE = "cpam-account-unreachable"
CONTRACT_BREACH = "cpam-contract-breach"


@dataclass(frozen=True, slots=True)
class Sending:
    begin: Begin
    cpam: Cpam
    clock: Clock
    sealer: Sealer
    directory: Directory
    incidents: Incidents
    terms: Terms
    random: Random


@dataclass(frozen=True, slots=True)
class _Trial:
    """One attempt, from its claim to what is known of it."""

    submission: Submission
    lease: Lease
    exchange: Exchange
    outcome: DepositOutcome


async def submit_declaration(sending: Sending, limit: int) -> int:
    """How many were tried, `limit` at most."""
    lease = leases.take(sending.terms.lease)
    async with sending.begin() as tx:
        claimed = await claims.lease_ready(
            tx,
            lease=lease,
            now=sending.clock.now(),
            limit=limit,
            at_one_account=sending.terms.at_one_account,
        )
        if claimed:
            await proofs.add_attempts(tx, claimed)
    if not claimed:
        return 0
    fp("adapter.after_intent")
    # All of them come to an end before a failure of one is told.
    ended = await asyncio.gather(
        *(_try(sending, lease, submission) for submission in claimed), return_exceptions=True
    )
    for result in ended:
        if isinstance(result, BaseException):
            raise result
    return len(claimed)


async def _try(sending: Sending, lease: Lease, submission: Submission) -> None:
    with trace.span("submit", parent=submission.traceparent, **submission.ids()) as span:
        outcome = await _attempt(sending, lease, submission)
        span.set_attribute("outcome", type(outcome).__name__)
    DEPOSITS.labels(type(outcome).__name__).inc()


async def _attempt(sending: Sending, lease: Lease, submission: Submission) -> DepositOutcome:
    envelope = await sending.sealer.open_bytes(
        submission.envelope,
        tenant=submission.tenant,
        topic=SUBMISSIONS.name,
        stream=submission.id,
        field="envelope",
    )
    if hashlib.sha256(envelope).hexdigest() != submission.envelope_sha256:
        raise RuntimeError("the frozen bytes have changed")
    trial = await _send(sending, lease, submission, envelope)
    fp("adapter.before_outcome")
    async with sending.begin() as tx:
        in_time = await _record(tx, sending, trial)
        await _keep_answer(tx, sending, trial, in_time=in_time)
    return trial.outcome


async def _send(sending: Sending, lease: Lease, submission: Submission, envelope: bytes) -> _Trial:
    account = sending.directory.account_of(submission.tenant)
    if account is None or account.account != submission.account:
        return _Trial(submission, lease, Exchange("nothing"), NotTaken("account-gone"))
    # A process that was frozen since the claim must not send: another may have taken over.
    if not lease.lasts(sending.terms.request + _MARGIN):
        return _Trial(submission, lease, Exchange("nothing"), NotTaken("lease-too-short"))
    exchange = await sending.cpam.deposit(account, envelope)
    fp("adapter.after_send")
    outcome = await sending.cpam.judge(exchange, submission.control_number)
    return _Trial(submission, lease, exchange, outcome)


async def _record(tx: Tx, sending: Sending, trial: _Trial) -> bool:
    """False when the lease had been taken over: the state is no longer ours to change."""
    now, submission = sending.clock.now(), trial.submission
    match trial.outcome:
        case NotTaken(reason):
            return await _not_taken(tx, sending, trial, reason)
        case RefusedForm(code, label):
            return await facts.refuse(
                tx, submission, lease=trial.lease, code=code, label=label, now=now
            )
        case Deposited() as deposit if deposit.filing_sha256 == submission.filing_sha256:
            return await _deposited(tx, sending, trial, deposit)
        case Deposited() as foreign:
            # Perhaps a receipt that went astray: the question will tell what is there.
            suspect = Unclear("other-content", breach=True, reference=foreign.reference)
            await _quarantine(tx, sending, trial, suspect.reason, None)
            return await _unclear(tx, sending, trial, suspect)
        case NumberReused():
            return await facts.doubt(
                tx,
                submission,
                State.INTENT,
                Fact.DISPUTED,
                reason="number-with-other-content",
                incidents=sending.incidents,
                now=now,
                lease=trial.lease,
            )
        case Unclear() as unclear:
            if unclear.foreign is not None:
                await _quarantine(tx, sending, trial, unclear.reason, unclear.foreign)
            return await _unclear(tx, sending, trial, unclear)


async def _not_taken(tx: Tx, sending: Sending, trial: _Trial, reason: str) -> bool:
    terms, submission = sending.terms, trial.submission
    failures = submission.failures + 1
    delay = resend_delay(
        failures, first=terms.backoff_first, longest=terms.backoff_longest, random=sending.random
    )
    if reason == "account-refused" or failures >= _FAILURES_BEFORE_INCIDENT:
        account = submission.account or ""
        await sending.incidents.open(tx, UNREACHABLE, account, {"reason": reason})
    return await submissions.move(
        tx,
        submission.id,
        State.INTENT,
        Fact.NOT_TAKEN,
        lease=trial.lease,
        retry_in=delay,
        failures=failures,
        reason=reason,
    )


async def _deposited(tx: Tx, sending: Sending, trial: _Trial, deposit: Deposited) -> bool:
    await sending.incidents.close(tx, UNREACHABLE, trial.submission.account or "")
    return await facts.deposit(
        tx,
        trial.submission,
        trial.lease,
        reference=deposit.reference,
        deposited_at=deposit.deposited_at,
        incidents=sending.incidents,
        now=sending.clock.now(),
    )


async def _unclear(tx: Tx, sending: Sending, trial: _Trial, unclear: Unclear) -> bool:
    now, submission = sending.clock.now(), trial.submission
    if unclear.reference is not None:
        await proofs.add_evidence(
            tx, submission, "reference-unproven", now, detail=unclear.reference
        )
    if unclear.breach:
        key = f"{submission.account}:{unclear.reason}"
        await sending.incidents.open(tx, CONTRACT_BREACH, key, {"reason": unclear.reason})
    return await submissions.move(
        tx,
        submission.id,
        State.INTENT,
        Fact.UNCLEAR,
        lease=trial.lease,
        reason=unclear.reason,
        unclear_at=now,
        next_action_at=sending.terms.patience.first_look(now),
    )


async def _quarantine(
    tx: Tx, sending: Sending, trial: _Trial, reason: str, control_number: str | None
) -> None:
    suspect = quarantine.Suspect(
        trial.submission.tenant,
        trial.submission.account or "",
        "deposit",
        reason,
        trial.exchange.body,
        control_number=control_number,
    )
    at = sending.clock.now()
    await quarantine.keep(tx, suspect, sealer=sending.sealer, incidents=sending.incidents, at=at)


async def _keep_answer(tx: Tx, sending: Sending, trial: _Trial, *, in_time: bool) -> None:
    now, told = sending.clock.now(), trial.outcome.word
    await proofs.keep_answer(
        tx,
        trial.submission,
        sealer=sending.sealer,
        outcome=told,
        at=now,
        sent=trial.exchange.sent,
        http_status=trial.exchange.status,
        raw=trial.exchange.body,
    )
    if not in_time:
        await proofs.add_evidence(tx, trial.submission, "late-answer", now, detail=told)
