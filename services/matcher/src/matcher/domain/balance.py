"""Compares what was expected with what was paid, payment by payment.

The CPAM rounds the retenues of each payment on their own, so the expected retenues are computed
again over the days of each payment before a difference is called a gap. A day is expected once: of
two payments of the same days the second meets what the first has left of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from contracts.money import ZERO, Amounts

from matcher.domain.days import Days
from matcher.domain.expectation import Expectation
from matcher.domain.facts import Credit

Payments = Literal["none", "nothing-due", "part", "wrong", "complete", "to-employee"]
PAYMENTS: tuple[Payments, ...] = ("none", "nothing-due", "part", "wrong", "complete", "to-employee")


@dataclass(frozen=True, slots=True)
class Balance:
    """`gap` is missing net euros; None where the expectation is unknown."""

    received: Amounts
    paid_to_employee: Amounts
    gap: Decimal | None
    payments: Payments


def compare(expectation: Expectation, subrogated: bool, credits: Iterable[Credit]) -> Balance:
    """`credits` are those tied to the case, in any order."""
    ordered = sorted(credits, key=lambda credit: credit.payment.order)
    received = _sum(credit for credit in ordered if credit.payment.to_employer)
    to_employee = _sum(credit for credit in ordered if not credit.payment.to_employer)
    effective = [credit for credit in ordered if not credit.undone]
    undone = {day for credit in ordered if credit.undone for day in _days(credit)}
    left = expectation.daily()
    expected = [gross for together in _by_periods(effective) for gross in _shares(together, left)]
    expected.append(sum(left.values(), ZERO))
    gap = None
    if expectation.amounts is not None:
        gap = sum((_net(expectation, gross) for gross in expected), ZERO) - received.net
    return Balance(
        received,
        to_employee,
        gap,
        _standing(
            due=expectation.due is not None,
            subrogated=subrogated,
            left=bool(left),
            taken_back=not undone.isdisjoint(left),
            paid=bool(effective),
            to_employer=received.net != 0,
            gap=gap,
        ),
    )


def _standing(
    *,
    due: bool,
    subrogated: bool,
    left: bool,
    taken_back: bool,
    paid: bool,
    to_employer: bool,
    gap: Decimal | None,
) -> Payments:
    if not due:
        if to_employer:
            return "wrong"
        if paid:
            return "to-employee"
        return "nothing-due" if subrogated else "none"
    # Days that were paid, taken back and not paid again are missing, not merely awaited.
    if taken_back or (gap is not None and gap < 0):
        return "wrong"
    if left:
        return "part" if paid else "none"
    return "wrong" if gap else "complete"


def _by_periods(credits: list[Credit]) -> list[list[Credit]]:
    """Payments of identical days together: a payment and its complements."""
    found: dict[tuple[Days, ...], list[Credit]] = {}
    for credit in credits:
        found.setdefault(credit.payment.periods, []).append(credit)
    return list(found.values())


def _shares(together: list[Credit], left: dict[date, Decimal]) -> list[Decimal]:
    """The expected gross of each of these payments; takes their days out of `left`."""
    rest = sum((left.pop(day) for day in _days(together[0]) if day in left), ZERO)
    shares = []
    for credit in together[:-1]:
        shares.append(min(max(credit.amounts.gross, ZERO), rest))
        rest -= shares[-1]
    return [*shares, rest]


def _days(credit: Credit) -> list[date]:
    return [day for run in credit.payment.periods for day in run]


def _net(expectation: Expectation, gross: Decimal) -> Decimal:
    return ZERO if expectation.retenues is None else expectation.retenues.of(gross).net


def _sum(credits: Iterable[Credit]) -> Amounts:
    return sum((credit.amounts for credit in credits), Amounts.zero())
