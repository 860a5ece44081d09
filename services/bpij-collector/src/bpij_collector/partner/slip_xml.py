"""Reads the partner's XML slip into our words. Its field names stand here and in the XSD only.

Lenient where the format is open: unknown elements and unknown codes are passed over or kept, with a
notice. Strict where money is: what the vendored XSD does not allow refuses the file.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib import resources

from chassis.errors import Refused
from contracts.identifiers import IdentifierError, Nir, Siret
from lxml import etree

from bpij_collector.domain.slip import (
    Benefit,
    Employer,
    Insured,
    Line,
    Notice,
    Office,
    Overpayment,
    Slip,
)
from bpij_collector.partner.codes import Codes
from bpij_collector.partner.xml_door import parse_xml

_NS = "{www.cnamts.fr/tlsemp/IJ}"
_ISO_DAY = 10
_LARGEST = Decimal("999999999.99")


class SlipReader:
    """Holds the compiled XSD and the code lists; `read` is pure and safe in a thread."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        xsd = resources.files("bpij_collector.partner").joinpath("contract/bpij.xsd").read_bytes()
        self._xsd = etree.fromstring(xsd)
        self._known = {
            f"{_NS}{element.get('name')}"
            for element in self._xsd.iter("{http://www.w3.org/2001/XMLSchema}element")
        }

    def read(self, content: bytes) -> Slip:
        """Raises Refused with a code and a place, never with a value."""
        root = parse_xml(content)
        notices: dict[Notice, None] = {}
        self._drop_unknown(root, notices)
        # Compiled here: an XMLSchema object keeps its error log and is not to be shared by threads.
        schema = etree.XMLSchema(self._xsd)
        if not schema.validate(root):
            raise Refused("slip-schema", params={"place": _place_of(root, schema)})
        employers = tuple(
            self._employer(str(number), node, notices)
            for number, node in enumerate(root.iter(f"{_NS}Declare"), 1)
        )
        return Slip(
            identification=_text(root, "Identification"),
            total=_money(root, "Declarant/Cumul/Montant"),
            employers=employers,
            notices=tuple(notices),
        )

    def _drop_unknown(self, root: etree._Element, notices: dict[Notice, None]) -> None:
        for element in list(root.iter()):
            parent = element.getparent()
            if element.tag not in self._known and parent is not None:
                parent.remove(element)
                notices[Notice("unknown-element", "")] = None

    def _employer(self, place: str, node: etree._Element, notices: dict[Notice, None]) -> Employer:
        try:
            siret = Siret.parse(_text(node, "Identite"))
        except IdentifierError as refused:
            raise Refused(refused.code, params={"place": place}) from None
        return Employer(
            place=place,
            siret=siret,
            total=_money(node, "Cumul/Montant"),
            offices=tuple(
                self._office(f"{place}.{number}", office, notices)
                for number, office in enumerate(_all(node, "Caisse"), 1)
            ),
        )

    def _office(self, place: str, node: etree._Element, notices: dict[Notice, None]) -> Office:
        sent = _text(node, "CodeCPAM")
        short, code = self._codes.short_caisse(sent), self._codes.caisse(sent)
        if short not in self._codes.caisses:
            notices[Notice("unknown-caisse", sent)] = None
        elif short != code:
            notices[Notice("merged-caisse", short)] = None
        return Office(
            sent_code=sent,
            code=code,
            accounting_day=_day(_text(node, "JComptable"), place),
            insured=tuple(
                self._insured(f"{place}.{number}", insured, notices)
                for number, insured in enumerate(_all(node, "Assure"), 1)
            ),
        )

    def _insured(self, place: str, node: etree._Element, notices: dict[Notice, None]) -> Insured:
        try:
            nir = Nir.parse(_text(node, "NIR"))
        except IdentifierError as refused:
            raise Refused(refused.code, params={"place": place}) from None
        overpayments = tuple(
            Overpayment(_text(indu, "Numero"), _money(indu, "Montant"))
            for indu in _all(node, "Indu")
        )
        if overpayments:
            notices[Notice("overpayment-stated", "")] = None
        return Insured(
            place=place,
            nir=nir,
            family_name=_text(node, "Nom"),
            given_names=_text(node, "Prenom"),
            total=_money(node, "Cumul/Montant"),
            overpayments=overpayments,
            benefits=tuple(
                Benefit(
                    insurance=_text(benefit, "CodeNature"),
                    lines=tuple(
                        self._line(place, line, notices) for line in _all(benefit, "Prestation")
                    ),
                )
                for benefit in _all(node, "Assurance")
            ),
        )

    def _line(self, place: str, node: etree._Element, notices: dict[Notice, None]) -> Line:
        code = _text(node, "CodeNature")
        nature = self._codes.natures.get(code)
        if nature is None:
            notices[Notice("unknown-nature", code)] = None
        first, last = (_find(node, name) for name in ("DateDebPrest", "DateFinPrest"))
        days, unit = _find(node, "NbIJ"), _find(node, "PU")
        line = Line(
            nature=code,
            kind=nature.kind if nature else "unknown",
            label=_find(node, "Libelle") or (nature.label if nature else None),
            claim=_find(node, "NumSin"),
            first=_day(first, place) if first else None,
            last=_day(last, place) if last else None,
            days=int(days) if days else None,
            unit=_decimal(unit) if unit else None,
            amount=_money(node, "Montant"),
            subrogated=_text(node, "IJSub") in ("true", "1"),
        )
        if line.first and line.last and line.last < line.first:
            raise Refused("line-period", params={"place": place})
        return line


def _place_of(root: etree._Element, schema: etree.XMLSchema) -> str:
    """Path of element names to what the schema does not allow."""
    # The stubs do not know the log's attributes.
    error = getattr(schema.error_log, "last_error", None)
    found = root.getroottree().xpath(error.path) if error is not None and error.path else []
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):
        return ""
    return root.getroottree().getelementpath(found[0]).replace(_NS, "")


def _all(node: etree._Element, name: str) -> Iterator[etree._Element]:
    return node.iterchildren(f"{_NS}{name}")


def _find(node: etree._Element, path: str) -> str | None:
    """Trimmed text, None where the element is absent, nil or empty."""
    text = node.findtext("/".join(f"{_NS}{name}" for name in path.split("/")))
    return text.strip() or None if text else None


def _text(node: etree._Element, path: str) -> str:
    return _find(node, path) or ""


def _money(node: etree._Element, path: str) -> Decimal:
    return _decimal(_text(node, path))


def _decimal(text: str) -> Decimal:
    amount = Decimal(text)
    if abs(amount) > _LARGEST:
        raise Refused("amount-range")
    # Two places always: "-0", "12.5" and "12.50" are one amount each for sums and fingerprints.
    return amount.quantize(Decimal("0.01")) + Decimal("0.00")


def _day(text: str, place: str) -> date:
    """The first 10 characters: dates carry a zone (`2026-03-20+01:00`) that means nothing."""
    try:
        return date.fromisoformat(text[:_ISO_DAY])
    except ValueError:
        raise Refused("date-format", params={"place": place}) from None
