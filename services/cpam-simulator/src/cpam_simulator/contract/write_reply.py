"""From a reply to the bytes of the SOAP answer, in the order and form of teledeclaration.xsd."""

from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from cpam_simulator.contract.schemas import SOAP, TELEDECLARATION, namespaces
from cpam_simulator.domain.declaration import REFUSALS
from cpam_simulator.domain.instant import utc_text
from cpam_simulator.domain.reply import (
    Confirmed,
    DueAnswer,
    DueAnswers,
    Filed,
    Receipts,
    RefusedItem,
    Reply,
    Status,
)
from cpam_simulator.domain.script import Acceptance

_T = f"{{{TELEDECLARATION}}}"


def write_reply(reply: Reply) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap=namespaces(TELEDECLARATION, soap=SOAP))
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    match reply:
        case Receipts():
            _receipts(body, reply)
        case Status():
            _status(body, reply)
        case DueAnswers():
            _answers(body, reply)
        case Confirmed():
            root = etree.SubElement(body, f"{_T}ConfirmerReponsesReponse")
            _add(root, "nombreConfirme", reply.count)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _receipts(body: etree._Element, reply: Receipts) -> None:
    root = etree.SubElement(body, f"{_T}DeposerDeclarationsReponse")
    for item in reply.items:
        receipt = etree.SubElement(root, f"{_T}accuse")
        _add(receipt, "numeroControle", item.control_number)
        if isinstance(item, RefusedItem):
            refusal = etree.SubElement(receipt, f"{_T}refus")
            _add(refusal, "code", item.code)
            _add(refusal, "libelle", REFUSALS.get(item.code, "Déclaration refusée"))
        else:
            deposit = etree.SubElement(receipt, f"{_T}depot")
            _proof(deposit, item)
            _add(deposit, "dejaDepose", item.repeat)


def _status(body: etree._Element, reply: Status) -> None:
    root = etree.SubElement(body, f"{_T}ConsulterStatutReponse")
    _add(root, "numeroControle", reply.control_number)
    _add(root, "statut", "INCONNU" if reply.filed is None else "DEPOSE")
    if reply.filed is not None:
        _proof(root, reply.filed)
        _add(root, "nombreDepots", reply.times)


def _proof(parent: etree._Element, filed: Filed) -> None:
    _add(parent, "referenceDepot", filed.reference)
    _add(parent, "dateHeure", filed.at)
    _add(parent, "empreinte", filed.fingerprint)


def _answers(body: etree._Element, reply: DueAnswers) -> None:
    root = etree.SubElement(body, f"{_T}RecupererReponsesReponse")
    for item in reply.items:
        _answer(etree.SubElement(root, f"{_T}reponse"), item)
    _add(root, "suite", reply.more)


def _answer(parent: etree._Element, item: DueAnswer) -> None:
    _add(parent, "identifiantReponse", item.id)
    _add(parent, "numeroControle", item.control_number)
    _add(parent, "referenceDepot", item.reference)
    _add(parent, "siret", item.siret)
    _add(parent, "verdict", item.answer.verdict)
    _add(parent, "code", item.answer.code)
    _add(parent, "libelle", item.answer.label)
    _add(parent, "dateHeure", item.at)
    if item.answer.accept is not None:
        _acceptance(etree.SubElement(parent, f"{_T}acceptation"), item.answer.accept)


def _acceptance(parent: etree._Element, accept: Acceptance) -> None:
    _add(parent, "risque", accept.risk)
    _add(parent, "premierJourIndemnise", accept.first_paid_day)
    _add(parent, "accepteJusquau", accept.accepted_until)
    _add(parent, "ijBrute", accept.daily_gross)
    if accept.subrogation_from is not None:
        subrogation = etree.SubElement(parent, f"{_T}subrogation")
        _add(subrogation, "du", accept.subrogation_from)
        _add(subrogation, "au", accept.subrogation_to)
    _add(parent, "numeroSinistre", accept.claim)


def _add(
    parent: etree._Element, name: str, value: str | bool | int | Decimal | datetime | date | None
) -> None:
    if value is not None:
        etree.SubElement(parent, _T + name).text = _written(value)


def _written(value: str | bool | int | Decimal | datetime | date) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)
