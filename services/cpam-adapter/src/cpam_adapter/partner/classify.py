"""From transport facts and raw bytes to an outcome of a deposit; the table of reliability in code.

Only a complete, schema-valid answer about our own number with a reference is a deposit, only a
documented "not processed" is a refusal, only proof that nothing was read allows sending again.
"""

from chassis.logs import scrub
from lxml import etree

from cpam_adapter.partner import xml
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.outcomes import (
    Deposited,
    DepositOutcome,
    NotTaken,
    NumberReused,
    RefusedForm,
    Unclear,
)
from cpam_adapter.partner.post import Exchange
from cpam_adapter.partner.words import NOT_PROCESSED, NUMBER_REUSED
from cpam_adapter.partner.xml import MESSAGES, SOAP, text_of

_MOST_DIGITS = 6


def classify_deposit(contract: Contract, exchange: Exchange, control_number: str) -> DepositOutcome:
    """In the contract's thread."""
    stopped = undelivered(exchange)
    if stopped is not None:
        return stopped
    try:
        message = xml.body_of(xml.read(exchange.body))
    except xml.Unreadable as unreadable:
        return Unclear(f"unreadable-{unreadable.code}", breach=True)
    if message.tag == f"{{{SOAP}}}Fault":
        return fault_outcome(contract, message)
    if message.tag != f"{{{MESSAGES}}}DeposerDeclarationsReponse" or not contract.follows(message):
        return Unclear("schema", breach=True)
    outcome = _receipt(message, control_number)
    if exchange.status != 200 and isinstance(outcome, Deposited):
        return Unclear("success-in-error", breach=True, reference=outcome.reference)
    return outcome if exchange.status == 200 else Unclear("receipt-in-error", breach=True)


def undelivered(exchange: Exchange) -> NotTaken | Unclear | None:
    """None when a whole answer came that the application may have written."""
    if exchange.sent == "nothing":
        return NotTaken("unreachable")
    if not exchange.whole or exchange.status is None:
        return Unclear(exchange.failure or "cut")
    if exchange.status == 401:
        # The contract: a bad or missing account is refused before any reading.
        return NotTaken("account-refused")
    if exchange.status not in (200, 500):
        return Unclear(f"http-{exchange.status}")
    return None


def fault_outcome(contract: Contract, fault: etree._Element) -> RefusedForm | Unclear:
    code, label, client_side = _fault(contract, fault)
    if client_side and code in NOT_PROCESSED:
        return RefusedForm(code, label)
    return Unclear("fault" if code is None else f"fault-{code}")


def _receipt(message: etree._Element, control_number: str) -> DepositOutcome:
    receipts = list(message)
    ours = [item for item in receipts if text_of(item, "numeroControle") == control_number]
    if len(ours) != 1 or len(receipts) != 1:
        foreign = [text_of(item, "numeroControle") for item in receipts if item not in ours]
        return Unclear(
            "other-number", breach=True, foreign=next((name for name in foreign if name), None)
        )
    deposit = ours[0].find(f"{{{MESSAGES}}}depot")
    if deposit is not None:
        return deposited(deposit, already=text_of(deposit, "dejaDepose") in ("true", "1"))
    refusal = ours[0].find(f"{{{MESSAGES}}}refus")
    code = text_of(refusal, "code") if refusal is not None else None
    if refusal is None or code is None:
        return Unclear("schema", breach=True)
    if code == NUMBER_REUSED:
        return NumberReused()
    return RefusedForm(code, scrub(text_of(refusal, "libelle") or "") or None)


def deposited(element: etree._Element, *, already: bool = False) -> Deposited | Unclear:
    """Reference, instant and hash: all three or nothing."""
    reference = text_of(element, "referenceDepot")
    at = xml.instant(text_of(element, "dateHeure"))
    sha256 = text_of(element, "empreinte")
    if not reference or at is None or not sha256:
        return Unclear("no-reference", breach=True, reference=reference)
    filings = int((text_of(element, "nombreDepots") or "1")[:_MOST_DIGITS])
    return Deposited(reference, at, sha256, already, filings)


def _fault(contract: Contract, fault: etree._Element) -> tuple[str | None, str | None, bool]:
    """Code, label, and whether the fault is the client's by its own namespace."""
    detail = fault.find("detail")
    error = detail[0] if detail is not None and len(detail) == 1 else None
    if error is None or error.tag != f"{{{MESSAGES}}}erreur" or not contract.follows(error):
        return None, None, False
    told = fault.find("faultcode")
    prefix, _, local = (told.text or "" if told is not None else "").strip().rpartition(":")
    client_side = told is not None and local == "Client" and told.nsmap.get(prefix or None) == SOAP
    return text_of(error, "code"), scrub(text_of(error, "libelle") or "") or None, client_side
