"""From a statement to the ZIP that the caisse deposits: an envelope file and one BPIJ data file.

The tree is that of ROOT_BPIJ_V02_00. The bytes depend on the statement only: the same one gives the
same ZIP, to the byte.
"""

import hashlib
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lxml import etree

from cpam_simulator.contract.schemas import BPIJ, ENVELOPE, namespaces
from cpam_simulator.domain.instant import utc_text
from cpam_simulator.domain.script import Line
from cpam_simulator.domain.slip import Establishment, Person, Statement

_B = f"{{{BPIJ}}}"
_E = f"{{{ENVELOPE}}}"
_PARIS = ZoneInfo("Europe/Paris")

LABELS = {
    "IJNOR": "Indemnité journalière normale",
    "IJMAJ": "Indemnité journalière majorée",
    "CAR": "Carence",
    "CIN": "Constat d'indu",
    "RPR": "Récupération d'indu",
    "RETCSJ": "Retenue CSG",
    "RETCRD": "Retenue CRDS",
    "MIT": "Indemnité journalière mi-temps",
}


def write_bpij(statement: Statement) -> etree._Element:
    root = etree.Element(f"{_B}BPIJ", Nature="BPIJ", nsmap=namespaces(BPIJ))
    _add(root, "Identification", statement.identification)
    _add(root, "Temps", utc_text(statement.at))
    declarant = etree.SubElement(root, f"{_B}Declarant")
    _add(declarant, "RaisonSociale", statement.company)
    _cumul(declarant, statement.total)
    for place in statement.establishments:
        _establishment(declarant, place, statement)
    return root


def _establishment(parent: etree._Element, place: Establishment, statement: Statement) -> None:
    declare = etree.SubElement(parent, f"{_B}Declare")
    _add(declare, "Identite", place.siret)
    _cumul(declare, place.total)
    caisse = etree.SubElement(declare, f"{_B}Caisse")
    _add(caisse, "CodeCPAM", statement.caisse)
    _add(caisse, "Libelle", f"CPAM {statement.caisse}")
    _add(caisse, "JComptable", _day(statement.at.astimezone(_PARIS).date()))
    for person in place.people:
        _person(caisse, person)


def _person(parent: etree._Element, person: Person) -> None:
    insured = etree.SubElement(parent, f"{_B}Assure")
    _add(insured, "NIR", person.nir)
    _add(insured, "Nom", person.last_name)
    _add(insured, "Prenom", person.first_name)
    _cumul(insured, person.total)
    for indu in person.indus:
        node = etree.SubElement(insured, f"{_B}Indu")
        _add(node, "Numero", indu.number)
        _add(node, "Montant", _money(indu.amount))
    for nature, lines in person.by_insurance().items():
        insurance = etree.SubElement(insured, f"{_B}Assurance")
        _add(insurance, "CodeNature", nature)
        for line in lines:
            _line(etree.SubElement(insurance, f"{_B}Prestation"), line)


def _line(parent: etree._Element, line: Line) -> None:
    _add(parent, "CodeNature", line.nature)
    _add(parent, "Libelle", line.label or LABELS.get(line.nature))
    _add(parent, "NumSin", line.claim)
    _add(parent, "DateDebPrest", None if line.start is None else _day(line.start))
    _add(parent, "DateFinPrest", None if line.end is None else _day(line.end))
    _add(parent, "NbIJ", None if line.days is None else str(line.days))
    _add(parent, "PU", None if line.unit is None else _money(line.unit))
    _add(parent, "Montant", _money(line.amount))
    _add(parent, "IJSub", "true" if line.subrogated else "false")


def write_envelope(
    identification: str, at: datetime, caisse: str, files: dict[str, bytes]
) -> bytes:
    root = etree.Element(f"{_E}Enveloppe", nsmap=namespaces(ENVELOPE))
    for name, value in (
        ("Identification", identification),
        ("Temps", utc_text(at)),
        ("CodeCPAM", caisse),
    ):
        etree.SubElement(root, _E + name).text = value
    for file, content in files.items():
        node = etree.SubElement(root, f"{_E}Fichier")
        etree.SubElement(node, f"{_E}Nom").text = file
        etree.SubElement(node, f"{_E}Taille").text = str(len(content))
        etree.SubElement(node, f"{_E}Empreinte").text = hashlib.sha256(content).hexdigest()
    return _bytes(root)


def pack(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            # A fixed date keeps the bytes the same at every run.
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def slip_files(statement: Statement, root: etree._Element | None = None) -> dict[str, bytes]:
    """Envelope first, then the data file; `root` replaces the honest tree (faults)."""
    name = f"{statement.identification}.xml"
    data = {name: _bytes(write_bpij(statement) if root is None else root)}
    envelope = write_envelope(statement.identification, statement.at, statement.caisse, data)
    return {f"E-ENT{statement.identification}.xml": envelope, **data}


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _cumul(parent: etree._Element, total: Decimal) -> None:
    _add(etree.SubElement(parent, f"{_B}Cumul"), "Montant", _money(total))


def _add(parent: etree._Element, name: str, value: str | None) -> None:
    if value is not None:
        etree.SubElement(parent, _B + name).text = value


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _day(day: date) -> str:
    """Slips give dates with the zone of Paris on that day and no time."""
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=_PARIS).strftime("%z")
    return f"{day.isoformat()}{offset[:3]}:{offset[3:]}"
