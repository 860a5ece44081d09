"""A payment slip (BPIJ) in our words, as one file of the CPAM carries it.

Built by `partner.slip_xml`, checked by `domain.totals`, split by `domain.statement`. `place` says
where in the file a part stands (`2.1.3`: second employer, first caisse, third person), so that a
refusal can point at it without saying whose it is.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

from contracts.identifiers import Nir, Siret

_SLIPS = UUID("2f0a3f0e-6f0d-5a52-9a3e-7f1b9c1f5b44")

LineKind = Literal["allowance", "waiting", "retenue", "overpayment", "unknown"]


@dataclass(frozen=True, slots=True)
class Line:
    """One `Prestation`. `amount` is signed; a retenue of a payment is negative."""

    nature: str
    kind: LineKind
    label: str | None
    claim: str | None
    first: date | None
    last: date | None
    days: int | None
    unit: Decimal | None
    amount: Decimal
    subrogated: bool


@dataclass(frozen=True, slots=True)
class Benefit:
    """One `Assurance`: `insurance` is AS maladie, AT accident, MA maternité."""

    insurance: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Overpayment:
    number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Insured:
    place: str
    nir: Nir
    family_name: str = field(repr=False)
    given_names: str = field(repr=False)
    total: Decimal
    overpayments: tuple[Overpayment, ...]
    benefits: tuple[Benefit, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """One `Caisse` on one accounting day. `sent_code` as the slip says, `code` as of today."""

    sent_code: str
    code: str
    accounting_day: date
    insured: tuple[Insured, ...]


@dataclass(frozen=True, slots=True)
class Employer:
    place: str
    siret: Siret
    total: Decimal
    offices: tuple[Office, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know about a slip that does not stop it; `about` is a code of the partner's."""

    code: str
    about: str


@dataclass(frozen=True, slots=True)
class Slip:
    identification: str
    total: Decimal
    employers: tuple[Employer, ...]
    notices: tuple[Notice, ...]

    def insured(self) -> list[Insured]:
        return [
            insured
            for employer in self.employers
            for office in employer.offices
            for insured in office.insured
        ]

    def line_count(self) -> int:
        return sum(len(benefit.lines) for insured in self.insured() for benefit in insured.benefits)


def slip_id(account: str, name: str, sha256: str) -> UUID:
    """The same file of the same account is the same slip, however often it is fetched."""
    return uuid5(_SLIPS, f"{account}|{name}|{sha256}")


def fingerprint(slip: Slip) -> str:
    """SHA-256 over what the slip says: independent of file name, layout and hour of making."""
    said = [slip.identification, str(slip.total)]
    for employer in slip.employers:
        said += [employer.siret.value, str(employer.total)]
        for office in employer.offices:
            said += [office.sent_code, office.accounting_day.isoformat()]
            for insured in office.insured:
                said += _said_of(insured)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _said_of(insured: Insured) -> list[str]:
    said = [insured.nir.value, insured.family_name, insured.given_names, str(insured.total)]
    for overpayment in insured.overpayments:
        said += ["indu", overpayment.number, str(overpayment.amount)]
    for benefit in insured.benefits:
        said.append(benefit.insurance)
        for line in benefit.lines:
            values = (line.nature, line.claim, line.first, line.last, line.days)
            said += [str(value) for value in values]
            said += [str(line.unit), str(line.amount), str(line.subrogated)]
    return said
