"""Daily allowances (indemnités journalières) of an arrêt: which days are payable, and at what rate.

Everything is taken at the first day of the arrêt and frozen there, so that a prolongation never
computes again. The daily amount is rounded once, half up, from the unrounded daily wage.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from contracts.money import cents
from contracts.sealed import Pay

from matcher.domain import wages
from matcher.domain.days import ONE_DAY, Days, between
from matcher.domain.facts import Revision
from matcher.domain.law import Law, Parameter

_MONTHLY_HOURS = Decimal(35) * 52 / 12


@dataclass(frozen=True, slots=True)
class Rate:
    """Gross euros a day over a run of days, with the parameters that made it."""

    days: Days
    daily: Decimal
    rule: str
    parameters: tuple[Parameter, ...]


def payable_days(revision: Revision, law: Law) -> Days | None:
    """Calendar days that the CPAM owes, to whomever; None where the arrêt ends before the first."""
    last = revision.period.last
    if revision.returned_on is not None:
        last = min(last, revision.returned_on - ONE_DAY)
    return between(_first_payable(revision, law), last)


def rates(
    revision: Revision, pay: Pay | None, law: Law, *, earlier_days: int = 0
) -> tuple[Rate, ...]:
    """Of all payable days. Raises `wages.NotEnoughPay` or `law.NotCovered`."""
    days = payable_days(revision, law)
    if days is None:
        return ()
    if revision.risk == "maladie":
        return _maladie(revision, pay, days, law)
    return _accident(revision, pay, days, law, earlier_days)


def earlier_days(revision: Revision, others: Iterable[Revision], law: Law) -> int:
    """Days of the same accident that came before: an interruption keeps the count (R.433-3)."""
    if revision.risk == "maladie" or revision.accident_day is None:
        return 0
    before = [
        other
        for other in others
        if other.risk != "maladie"
        and other.siret == revision.siret
        and other.accident_day == revision.accident_day
        and other.period.first < revision.period.first
        and not other.cancelled
    ]
    return sum(len(days) for other in before if (days := payable_days(other, law)))


def _first_payable(revision: Revision, law: Law) -> date:
    start = revision.period.first
    if revision.risk == "maladie":
        # The first carence day is the first day not worked at all.
        if revision.last_worked_day == start:
            start += ONE_DAY
        return start + timedelta(days=int(law.at("maladie-carence", revision.period.first).value))
    if revision.accident_day is not None:
        # The employer pays the day of the accident.
        return max(start, revision.accident_day + ONE_DAY)
    return start


def _maladie(revision: Revision, pay: Pay | None, days: Days, law: Law) -> tuple[Rate, ...]:
    start = revision.period.first
    smic = law.at("smic-hourly", start.replace(day=1) - ONE_DAY)
    factor = law.at("maladie-cap-smic", start)
    divisor = law.at("maladie-divisor", start)
    share = law.at("maladie-rate", start)
    carence = law.at("maladie-carence", start)
    cap = factor.value * smic.value * _MONTHLY_HOURS
    wage = sum(
        (min(wages.full_month(pay, month), cap) for month in wages.months_before(start, 3)),
        Decimal(),
    )
    daily = cents(wage / divisor.value * share.value)
    return (Rate(days, daily, "maladie", (smic, factor, divisor, share, carence)),)


def _accident(
    revision: Revision, pay: Pay | None, days: Days, law: Law, earlier: int
) -> tuple[Rate, ...]:
    """60 % then 80 %, of a daily wage with a ceiling, and never above the net daily gain."""
    start = revision.period.first
    (month,) = wages.months_before(start, 1)
    divisor = law.at("accident-divisor", start)
    wage = wages.month_with_spread_bonuses(pay, month) / divisor.value
    ceiling = law.at("pass", start)
    cap = law.at("accident-cap-pass", start)
    limit = law.at("accident-net-limit", start)

    def daily(share: Parameter) -> Decimal:
        capped = min(wage, ceiling.value * cap.value)
        return cents(min(capped * share.value, wage * limit.value))

    length = law.at("accident-first-days", start)
    turn = days.first + timedelta(days=int(length.value) - earlier)
    steps = (
        ("accident-first-rate", between(days.first, min(days.last, turn - ONE_DAY))),
        ("accident-later-rate", between(max(days.first, turn), days.last)),
    )
    found = []
    for rule, run in steps:
        if run is not None:
            share = law.at(rule, start)
            used = (share, divisor, ceiling, cap, limit, length)
            found.append(Rate(run, daily(share), rule, used))
    return tuple(found)
