"""Reference wages out of the pay history of a declaration.

A month that is missing or told twice makes the history unusable: the amount is then unknown,
never 0.
"""

from datetime import date
from decimal import Decimal

from contracts.sealed import MonthlyPay, Pay

from matcher.domain.days import ONE_DAY


class NotEnoughPay(Exception):
    """The months that the rule needs are not all there."""


def months_before(day: date, count: int) -> list[str]:
    """The `count` civil months before the month of `day`, newest first, as `2026-02`."""
    months = []
    for _ in range(count):
        day = day.replace(day=1) - ONE_DAY
        months.append(f"{day:%Y-%m}")
    return months


def full_month(pay: Pay | None, month: str) -> Decimal:
    """Pay of a month with every bonus paid in it, as the sickness base counts them."""
    if pay is None:
        raise NotEnoughPay
    return _month(pay, month) + sum(
        (bonus.amount for bonus in pay.bonuses if bonus.month == month), Decimal()
    )


def month_with_spread_bonuses(pay: Pay | None, month: str) -> Decimal:
    """Pay of a month, a bonus of several months counting for one month's share (R.433-4)."""
    if pay is None:
        raise NotEnoughPay
    return _month(pay, month) + sum(
        (bonus.amount / bonus.months for bonus in pay.bonuses if bonus.month == month), Decimal()
    )


def _month(pay: Pay, month: str) -> Decimal:
    found: list[MonthlyPay] = [entry for entry in pay.months if entry.month == month]
    if len(found) != 1:
        raise NotEnoughPay
    return found[0].gross if found[0].reestablished is None else found[0].reestablished
