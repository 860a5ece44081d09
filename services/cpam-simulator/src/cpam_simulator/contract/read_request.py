"""From the bytes of a SOAP request to what is asked, or a `SoapFault` that says nothing was
processed.

The body is validated against the XSD before a single field is read.
"""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date

from lxml import etree

from cpam_simulator.contract.faults import SoapFault
from cpam_simulator.contract.read_xml import XmlRefused, read_xml
from cpam_simulator.contract.schemas import SOAP, TELEDECLARATION, schema
from cpam_simulator.domain.declaration import Declaration

_T = f"{{{TELEDECLARATION}}}"
_S = f"{{{SOAP}}}"


@dataclass(frozen=True, slots=True)
class Deposit:
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class Collect:
    maximum: int


@dataclass(frozen=True, slots=True)
class Confirm:
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    control_number: str


Request = Deposit | Collect | Confirm | Query


def read_request(raw: bytes) -> Request:
    body = _body(raw)
    name = etree.QName(body)
    if name.namespace != TELEDECLARATION or name.localname not in _READERS:
        raise SoapFault("OPERATION_INCONNUE")
    if not schema("teledeclaration.xsd").validate(body):
        raise SoapFault("SCHEMA_NON_CONFORME")
    return _READERS[name.localname](body)


def _body(raw: bytes) -> etree._Element:
    try:
        root = read_xml(raw)
    except XmlRefused as refused:
        code = "REQUETE_TROP_GRANDE" if refused.reason == "size" else "REQUETE_ILLISIBLE"
        raise SoapFault(code) from None
    if root.tag != f"{_S}Envelope":
        raise SoapFault("REQUETE_ILLISIBLE")
    for header in root.iterfind(f"{_S}Header/*"):
        if header.get(f"{_S}mustUnderstand") in ("1", "true"):
            raise SoapFault("ENTETE_NON_COMPRIS")
    bodies = root.findall(f"{_S}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise SoapFault("REQUETE_ILLISIBLE")
    return bodies[0][0]


def _deposit(body: etree._Element) -> Deposit:
    return Deposit(tuple(_declaration(item) for item in body.iterfind(f"{_T}declaration")))


def _declaration(item: etree._Element) -> Declaration:
    return Declaration(
        control_number=_text(item, "numeroControle"),
        nature=_text(item, "nature"),
        origin=_optional(item, "numeroControleOrigine"),
        siret=_text(item, "siret"),
        nir=_text(item, "assure/nir"),
        last_name=_text(item, "assure/nom"),
        first_name=_text(item, "assure/prenom"),
        risk=_text(item, "risque"),
        last_day_worked=date.fromisoformat(_text(item, "dernierJourTravaille")),
        first_day=date.fromisoformat(_text(item, "premierJour")),
        last_day=date.fromisoformat(_text(item, "dernierJour")),
        accident_day=_day(item, "dateAccident"),
        return_day=_day(item, "dateReprise"),
        subrogation=_subrogation(item),
        iban=_optional(item, "subrogation/iban"),
        fingerprint=_sha256(item),
        content=_sha256(_without_numbers(item)),
    )


def _subrogation(item: etree._Element) -> tuple[date, date | None] | None:
    start = _day(item, "subrogation/du")
    return None if start is None else (start, _day(item, "subrogation/au"))


def _without_numbers(item: etree._Element) -> etree._Element:
    copy = deepcopy(item)
    for child in list(copy):
        if child.tag in (f"{_T}numeroControle", f"{_T}numeroControleOrigine"):
            copy.remove(child)
    for node in copy.iter():
        # Layout is no content: the same thing sent again pretty-printed is still the same thing.
        if len(node):
            node.text = None
        node.tail = None
    return copy


def _sha256(item: etree._Element) -> str:
    canonical = etree.tostring(
        item, method="c14n", exclusive=True, with_comments=False, with_tail=False
    )
    return hashlib.sha256(canonical).hexdigest()


def _collect(body: etree._Element) -> Collect:
    return Collect(int(_optional(body, "maximum") or 100))


def _confirm(body: etree._Element) -> Confirm:
    return Confirm(tuple(str(item.text) for item in body.iterfind(f"{_T}identifiantReponse")))


def _query(body: etree._Element) -> Query:
    return Query(_text(body, "numeroControle"))


_READERS: dict[str, Callable[[etree._Element], Request]] = {
    "DeposerDeclarations": _deposit,
    "RecupererReponses": _collect,
    "ConfirmerReponses": _confirm,
    "ConsulterStatut": _query,
}


def _optional(item: etree._Element, path: str) -> str | None:
    return item.findtext("/".join(_T + step for step in path.split("/")))


def _text(item: etree._Element, path: str) -> str:
    found = _optional(item, path)
    if found is None:
        raise SoapFault("SCHEMA_NON_CONFORME")
    return found


def _day(item: etree._Element, path: str) -> date | None:
    found = _optional(item, path)
    return None if found is None else date.fromisoformat(found)
