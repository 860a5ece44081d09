"""Splits a slip into payment statements: what matching works on.

One statement = the lines of one person, one insurance, one claim, one accounting day and one sign.
A reversal (negative) is thereby apart from the payment it undoes, with the retenues it gives back,
and the matcher can pair the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from contracts.identifiers import Siret

from bpij_collector.domain.slip import Benefit, Insured, Line, Slip

Sign = Literal["+", "-"]


@dataclass(frozen=True, slots=True)
class PaymentStatement:
    """`place` is unique and stable inside its slip: the statement's id is derived from it."""

    place: str
    siret: Siret
    sent_caisse: str
    caisse: str
    accounting_day: date
    insured: Insured
    insurance: str
    claim: str | None
    sign: Sign
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))


def split(slip: Slip) -> list[PaymentStatement]:
    return [
        PaymentStatement(
            place=f"{insured.place}:{insurance}:{sign}:{number}",
            siret=employer.siret,
            sent_caisse=office.sent_code,
            caisse=office.code,
            accounting_day=office.accounting_day,
            insured=insured,
            insurance=insurance,
            claim=claim,
            sign=sign,
            lines=tuple(lines),
        )
        for employer in slip.employers
        for office in employer.offices
        for insured in office.insured
        for insurance, benefit_lines in _by_insurance(insured.benefits).items()
        for number, (sign, claim, lines) in enumerate(_group(benefit_lines), 1)
    ]


def _by_insurance(benefits: Sequence[Benefit]) -> dict[str, list[Line]]:
    grouped: dict[str, list[Line]] = {}
    for benefit in benefits:
        grouped.setdefault(benefit.insurance, []).extend(benefit.lines)
    return grouped


def _group(lines: Sequence[Line]) -> list[tuple[Sign, str | None, list[Line]]]:
    claims = {line.claim for line in lines if line.claim is not None}
    only_claim = next(iter(claims)) if len(claims) == 1 else None
    groups: dict[tuple[Sign, str | None], list[Line]] = {}
    for line in lines:
        companions = _companions(line, lines)
        claim = line.claim or _only({other.claim for other in companions}) or only_claim
        groups.setdefault((_sign(line, companions), claim), []).append(line)
    return [(sign, claim, members) for (sign, claim), members in groups.items()]


def _companions(line: Line, lines: Sequence[Line]) -> list[Line]:
    """The payment lines that a retenue or a zero line stands beside; a line of money stands alone.

    Nearest first: the same days, else days in common, else all of this insurance.
    """
    if line.kind != "retenue" and line.amount != 0:
        return [line]
    paid = [
        other
        for other in lines
        if other.kind != "retenue"
        and other.amount != 0
        and (line.claim is None or other.claim in (None, line.claim))
    ]
    same = [other for other in paid if (other.first, other.last) == (line.first, line.last)]
    return same or [other for other in paid if _overlap(line, other)] or paid


def _sign(line: Line, companions: Sequence[Line]) -> Sign:
    signs: set[Sign] = {"-" if other.amount < 0 else "+" for other in companions}
    if len(signs) == 1:
        return signs.pop()
    if not signs:
        return "-" if line.amount < 0 else "+"
    # A payment and its reversal on the same days: what is withheld (negative) goes with the
    # payment, what is given back (positive) with the reversal.
    return "-" if line.amount > 0 else "+"


def _overlap(line: Line, other: Line) -> bool:
    if line.first is None or other.first is None:
        return False
    line_last, other_last = line.last or line.first, other.last or other.first
    return line.first <= other_last and other.first <= line_last


def _only(claims: set[str | None]) -> str | None:
    return next(iter(claims)) if len(claims) == 1 else None
