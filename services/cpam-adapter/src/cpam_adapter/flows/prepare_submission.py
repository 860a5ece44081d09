"""A declared revision becomes frozen bytes with a control number, ready to be sent.

Comes from declarations.v1, in the consumer's transaction. Goes to the submission table, where
`submit_declaration` finds it, and to submissions.v1 as SubmissionPrepared. The bytes are built once
and never again: every later sending is the same deposit.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from chassis import trace
from chassis.clock import Clock
from chassis.db import Tx
from chassis.directory import CpamAccount, Directory
from chassis.incidents import Incidents
from chassis.sealing import Sealer
from contracts.envelope import Event
from contracts.events import (
    Declaration,
    SubmissionDoubtful,
    SubmissionPrepared,
    SubmissionRefused,
)
from contracts.events import Submission as SubmissionNews
from contracts.ids import submission_id
from contracts.sealed import Bank, Pay, Person
from contracts.topics import DECLARATIONS, SUBMISSIONS

from cpam_adapter.domain.numbers import content_sha256, control_number
from cpam_adapter.domain.submission import State
from cpam_adapter.partner.contract import Contract, Frozen
from cpam_adapter.partner.words import declaration_words
from cpam_adapter.store import facts, holding, submissions
from cpam_adapter.store.submissions import Submission

log = structlog.get_logger()

DOES_NOT_FIT = "DECLARATION_NON_CONFORME"
"""Our own refusal code: the declaration cannot be said in the CPAM's schema."""


@dataclass(frozen=True, slots=True)
class _Opened:
    person: Person
    pay: Pay | None
    bank: Bank | None


@dataclass(frozen=True, slots=True)
class Preparing:
    contract: Contract
    sealer: Sealer
    directory: Directory
    incidents: Incidents
    clock: Clock


async def prepare_submission(preparing: Preparing, tx: Tx, event: Event, data: Declaration) -> None:
    identity = submission_id(data.declaration_id, data.revision)
    origin = None
    if data.revision > 1:
        origin = await submissions.origin_number(tx, data.declaration_id, before=data.revision)
    if origin is None and data.cancelled:
        log.info("nothing was filed, nothing to cancel", declaration=str(data.declaration_id))
        return
    opened = await _open(preparing.sealer, event, data)
    number = control_number(identity)
    frozen = await preparing.contract.freeze(
        declaration_words(
            data,
            control_number=number,
            origin=origin,
            person=opened.person,
            pay=opened.pay,
            bank=opened.bank,
        )
    )
    content = content_sha256(data, opened.pay, opened.bank)
    double = await submissions.find_double(
        tx, tenant=event.tenant, content_sha256=content, declaration=data.declaration_id
    )
    account = preparing.directory.account_of(event.tenant)
    state, reason = _begins_as(frozen, account, is_double=double is not None)
    is_held = await holding.is_on(tx)
    row = await _row(preparing, event, data, frozen, account)
    submission = await submissions.add(
        tx,
        id=identity,
        control_number=number,
        content_sha256=content,
        state=state,
        reason=reason,
        # After a restore: perhaps this was prepared, and sent, once before.
        ask_first=is_held,
        attempt=int(is_held),
        **row,
    )
    if submission is None:
        return
    told = await holding.list_told(tx, identity) if is_held else []
    for fact in told:
        submission = await holding.recall(tx, submission, fact, preparing.clock.now())
    known = {type(fact) for fact in told}
    await _tell(tx, submission, known, preparing.incidents, preparing.clock.now())


async def _row(
    preparing: Preparing,
    event: Event,
    data: Declaration,
    frozen: Frozen,
    account: CpamAccount | None,
) -> dict[str, Any]:
    now = preparing.clock.now()
    sealed = await preparing.sealer.seal_bytes(
        frozen.envelope,
        tenant=event.tenant,
        topic=SUBMISSIONS.name,
        stream=submission_id(data.declaration_id, data.revision),
        field="envelope",
    )
    refused = not frozen.follows_schema
    return {
        "tenant": event.tenant,
        "declaration_id": data.declaration_id,
        "revision": data.revision,
        "change": data.change,
        "siret": data.siret.value,
        "account": account.account if account else None,
        "caisse": account.caisse if account else None,
        "traceparent": trace.current.get(),
        "envelope": sealed,
        "envelope_sha256": frozen.envelope_sha256,
        "filing_sha256": frozen.filing_sha256,
        "prepared_at": now,
        "refusal_code": DOES_NOT_FIT if refused else None,
        "refused_at": now if refused else None,
    }


def _begins_as(
    frozen: Frozen, account: CpamAccount | None, *, is_double: bool
) -> tuple[State, str | None]:
    if not frozen.follows_schema:
        return State.REJECTED_FORM, "schema"
    if account is None:
        return State.HUMAN, "no-cpam-account"
    if is_double:
        return State.HUMAN, "double-content"
    return State.READY, None


async def _tell(
    tx: Tx,
    submission: Submission,
    known: Set[type[SubmissionNews]],
    incidents: Incidents,
    now: datetime,
) -> None:
    """`known`: what was told of it once already, in a time that the database has lost."""
    if not known:
        prepared = SubmissionPrepared(
            **submission.names(),
            caisse=submission.caisse,
            content_sha256=submission.content_sha256,
            prepared_at=now,
        )
        await facts.tell(tx, submission, prepared, now)
    if submission.state is State.HUMAN and SubmissionDoubtful not in known:
        reason = submission.reason or ""
        await facts.tell_doubt(tx, submission, reason=reason, incidents=incidents, now=now)
    if submission.state is State.REJECTED_FORM and known <= {SubmissionPrepared}:
        refused = SubmissionRefused(**submission.names(), code=DOES_NOT_FIT, refused_at=now)
        await facts.tell(tx, submission, refused, now)


async def _open(sealer: Sealer, event: Event, data: Declaration) -> _Opened:
    place: dict[str, Any] = {
        "tenant": event.tenant,
        "topic": DECLARATIONS.name,
        "stream": data.declaration_id,
    }
    person = await sealer.open(data.person, field="person", **place)
    pay = await sealer.open(data.pay, field="pay", **place) if data.pay else None
    bank = await sealer.open(data.bank, field="bank", **place) if data.bank else None
    return _Opened(
        Person.model_validate_json(person),
        Pay.model_validate_json(pay) if pay else None,
        Bank.model_validate_json(bank) if bank else None,
    )
