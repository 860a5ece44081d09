"""Door of the SOAP service: a request is read, performed in one transaction, spoilt if a rule says
so.

A fault that must not take effect is performed all the same and rolled back, so that its answer is
the honest one. What was committed is on disk before the first byte of any answer leaves.
"""

import asyncio
import hashlib
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from cpam_simulator.contract import schemas
from cpam_simulator.contract.faults import SoapFault, write_fault
from cpam_simulator.contract.read_request import (
    Collect,
    Confirm,
    Deposit,
    Query,
    read_request,
)
from cpam_simulator.contract.read_request import Request as Asked
from cpam_simulator.contract.read_xml import MAX_BYTES
from cpam_simulator.contract.spoil_bytes import Wire, spoil_bytes
from cpam_simulator.contract.write_reply import write_reply
from cpam_simulator.domain.account import Account, Accounts
from cpam_simulator.domain.declaration import Declaration
from cpam_simulator.domain.reply import DueAnswers, Reply
from cpam_simulator.domain.script import Match
from cpam_simulator.domain.spoil import spoil_reply
from cpam_simulator.flows.collect_answers import collect_answers
from cpam_simulator.flows.confirm_answers import confirm_answers
from cpam_simulator.flows.deposit_declarations import deposit_declarations
from cpam_simulator.flows.query_status import query_status
from cpam_simulator.flows.release_slips import release_slips
from cpam_simulator.routes.access import CpamAccount, Here
from cpam_simulator.routes.wire import WireResponse
from cpam_simulator.store import answers, calls, faults, filings, world
from cpam_simulator.store.database import Tx, performed
from cpam_simulator.store.faults import About, Hit

router = APIRouter()

OPERATIONS: dict[type, str] = {
    Deposit: "DeposerDeclarations",
    Collect: "RecupererReponses",
    Confirm: "ConfirmerReponses",
    Query: "ConsulterStatut",
}


@dataclass(frozen=True, slots=True)
class Call:
    account: Account
    asked: Asked
    body_sha256: str
    traceparent: str | None

    @property
    def operation(self) -> str:
        return OPERATIONS[type(self.asked)]


@router.get("/teledeclaration")
async def give_wsdl(request: Request) -> Response:
    address = str(request.url.replace(query="")).encode()
    text = schemas.text("teledeclaration.wsdl")
    return Response(
        text.replace(b"http://127.0.0.1:8090/teledeclaration", address), media_type="text/xml"
    )


@router.get("/teledeclaration.xsd")
async def give_schema() -> Response:
    return Response(schemas.text("teledeclaration.xsd"), media_type="text/xml")


@router.post("/teledeclaration")
async def teledeclaration(request: Request, here: Here, account: CpamAccount) -> WireResponse:
    raw = await _read_body(request)
    try:
        asked, digest = read_request(raw), hashlib.sha256(raw).hexdigest()
        call = Call(account, asked, digest, request.headers.get("traceparent"))
    except SoapFault as fault:
        return WireResponse(Wire(write_fault(fault.code), 500))
    hit = await here.store.run(_pick_fault, call)
    if hit is not None and hit.rule.kind == "late-commit":
        with here.one_late():
            await asyncio.sleep(hit.rule.wait_seconds)
            return WireResponse(await here.store.run(_perform, call, hit, here.accounts))
    return WireResponse(await here.store.run(_perform, call, hit, here.accounts))


async def _read_body(request: Request) -> bytes:
    """At most one byte more than what is admitted: enough to know that it is too much."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return bytes(body)


def _pick_fault(tx: Tx, call: Call) -> Hit | None:
    if not faults.any_for(tx, call.operation):
        return None
    return faults.pick(tx, call.operation, call.account.name, _about(tx, call))


def _about(tx: Tx, call: Call) -> list[About]:
    match call.asked:
        case Deposit(declarations):
            return [_about_deposit(tx, call.account, one) for one in declarations]
        case Query(number):
            return [About(number)]
        case Collect(maximum):
            due = answers.list_due(tx, call.account.name, world.get(tx).acted_to, maximum)
            return [About(item.control_number) for item in due if item.control_number]
        case Confirm():
            return []


def _perform(tx: Tx, call: Call, hit: Hit | None, accounts: Accounts) -> Wire:
    commits = hit is None or hit.rule.commits
    outcome, reply = "answered", None
    with performed(tx, keep=commits):
        try:
            reply = _answer(tx, call, hit, accounts)
        except SoapFault as fault:
            outcome = fault.code
    if reply is None:
        _record(tx, call, hit, outcome)
        honest = Wire(write_fault(outcome), 500)
        return honest if hit is None else spoil_bytes(honest.body, hit.rule)
    _record(tx, call, hit, outcome if commits else "not-committed", reply)
    if hit is None:
        return Wire(write_reply(reply))
    foreign = answers.find_foreign_number(tx, call.account.name)
    return spoil_bytes(write_reply(spoil_reply(reply, hit.rule, hit.targets, foreign)), hit.rule)


def _about_deposit(tx: Tx, account: Account, declaration: Declaration) -> About:
    """Under which arrêt and as which filing of it this declaration would be filed."""
    arret = filings.find_arret(tx, declaration, account.name)
    number = declaration.control_number
    if arret is None:
        own = Match(siret=declaration.siret, nir=declaration.nir, first_day=declaration.first_day)
        return About(number, own, 1)
    own = Match(siret=arret.siret, nir=arret.nir, first_day=arret.first_day)
    return About(number, own, filings.next_revision(tx, arret.id, number))


def _answer(tx: Tx, call: Call, hit: Hit | None, accounts: Accounts) -> Reply:
    match call.asked:
        case Deposit(declarations):
            forced = {}
            if hit is not None and hit.rule.kind == "refuse":
                forced = dict.fromkeys(hit.targets, hit.rule.code or "NIR_INVALIDE")
            reply = deposit_declarations(tx, call.account, declarations, call.body_sha256, forced)
            release_slips(tx, accounts)
            return reply
        case Query(number):
            return query_status(tx, call.account, number)
        case Collect(maximum):
            return collect_answers(tx, call.account, maximum)
        case Confirm(confirmed):
            return confirm_answers(tx, call.account, confirmed)


def _record(tx: Tx, call: Call, hit: Hit | None, outcome: str, reply: Reply | None = None) -> None:
    """Polls that found nothing and were not hit leave no trace: there are ten a second."""
    match call.asked, reply:
        case Deposit(declarations), _:
            numbers = [one.control_number for one in declarations]
        case Query(number), _:
            numbers = [number]
        case Collect(), DueAnswers(items, _):
            numbers = [item.control_number or "" for item in items]
            if not numbers and hit is None:
                return
        case _:
            numbers = []
    calls.add(
        tx,
        call.account.name,
        call.operation,
        numbers,
        body_sha256=call.body_sha256,
        fault=None if hit is None else hit.rule.kind,
        outcome=outcome,
        traceparent=call.traceparent,
    )
