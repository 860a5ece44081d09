"""Builds slips as the CPAM writes them: XML with right sums, and the ZIP around it.

Defaults: one invented person with case A of the worked examples, 18 days of 39.45.
"""

import io
import zipfile
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest

SIRET = "73282932000074"
NIR = "1850475112042"

Made = dict[str, Any]


def line(nature: str, amount: str, first: str | None, last: str | None, **more: Any) -> Made:
    return {"nature": nature, "amount": amount, "first": first, "last": last, "sub": "true"} | more


def paid(
    first: str, last: str, days: int, unit: str, csg: str, crds: str, **more: Any
) -> list[Made]:
    gross = str(Decimal(unit) * days)
    return [
        line("IJNOR", gross, first, last, days=days, unit=unit, **more),
        line("RETCSJ", csg, first, last, **more),
        line("RETCRD", crds, first, last, **more),
    ]


CASE_A = paid("2026-03-05", "2026-03-22", 18, "39.45", "-44.03", "-3.55")


def person(lines: list[Made] | None = None, **more: Any) -> Made:
    made: Made = {
        "nir": NIR,
        "family": "Lefèvre",
        "given": "Camille",
        "indus": [],
        "insurance": "AS",
    }
    return made | {"lines": CASE_A if lines is None else lines} | more


def render(people: list[Made] | None = None, **more: Any) -> bytes:
    """`total_*` overrides a sum; `siret`, `caisse`, `day`, `identification` what they say."""
    people = [person()] if people is None else people
    total = sum((_total(one) for one in people), Decimal("0.00"))
    caisse, day = more.get("caisse", "751"), more.get("day", "2026-03-27+01:00")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<BPIJ xmlns="www.cnamts.fr/tlsemp/IJ" Nature="BPIJ">
 <Identification>{more.get("identification", "BPIJ-2026-000001")}</Identification>
 <Temps>2026-03-27T04:10:00</Temps>{more.get("extra", "")}
 <Declarant><RaisonSociale>Atelier du Port</RaisonSociale>
  <Cumul><Montant>{more.get("total_declarant", total)}</Montant></Cumul>
  <Declare><Identite>{more.get("siret", SIRET)}</Identite>
   <Cumul><Montant>{more.get("total_employer", total)}</Montant></Cumul>
   <Caisse><CodeCPAM>{caisse}</CodeCPAM><Libelle>CPAM</Libelle><JComptable>{day}</JComptable>
    {"".join(_person(one) for one in people)}
   </Caisse></Declare></Declarant></BPIJ>""".encode()


def _total(one: Made) -> Decimal:
    return sum((Decimal(each["amount"]) for each in one["lines"]), Decimal("0.00"))


def _person(one: Made) -> str:
    indus = "".join(
        f"<Indu><Numero>{number}</Numero><Montant>{amount}</Montant></Indu>"
        for number, amount in one["indus"]
    )
    return (
        f"<Assure><NIR>{one['nir']}</NIR><Nom>{escape(one['family'])}</Nom>"
        f"<Prenom>{escape(one['given'])}</Prenom>"
        f"<Cumul><Montant>{one.get('total', _total(one))}</Montant></Cumul>{indus}"
        f"<Assurance><CodeNature>{one['insurance']}</CodeNature>"
        f"{''.join(_line(each) for each in one['lines'])}</Assurance></Assure>"
    )


def _line(each: Made) -> str:
    elements = (
        ("CodeNature", each["nature"]),
        ("Libelle", each.get("label")),
        ("NumSin", each.get("claim")),
        ("DateDebPrest", _zoned(each["first"])),
        ("DateFinPrest", _zoned(each["last"])),
        ("NbIJ", each.get("days")),
        ("PU", each.get("unit")),
        ("Montant", each["amount"]),
        ("IJSub", each["sub"]),
    )
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in elements if value is not None)
    return f"<Prestation>{inner}</Prestation>"


def _zoned(day: str | None) -> str | None:
    return f"{day}+01:00" if day else None


def pack(content: bytes, name: str = "BPIJ-0001.xml") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("E-ENTBPIJ0001.xml", "<Enveloppe/>")
        archive.writestr(name, content)
    return packed.getvalue()


class Slips:
    """The builders above under one name, since a test cannot import from `tests/`."""

    siret, nir = SIRET, NIR
    line = staticmethod(line)
    paid = staticmethod(paid)
    person = staticmethod(person)
    render = staticmethod(render)
    pack = staticmethod(pack)

    @staticmethod
    def case_a() -> list[Made]:
        return [dict(each) for each in CASE_A]


@pytest.fixture(scope="session")
def make() -> type[Slips]:
    return Slips
