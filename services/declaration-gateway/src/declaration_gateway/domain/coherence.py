"""Checks over several fields of a declaration, all of them at once, on whatever of it is readable.

Input is `Facts`, where a field that could not be read is None: an unreadable NIR must not hide that
the arrêt ends before it starts. Out come refusals and, for what is only unlikely, warnings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from chassis.errors import FieldError

ACCIDENT_RISKS = frozenset({"accident-travail", "accident-trajet", "maladie-professionnelle"})
FURTHEST_START = timedelta(days=90)
LONG_ARRET = timedelta(days=366)
LONG_PAUSE_BEFORE = timedelta(days=31)
PRESCRIPTION_YEARS = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a declaration. Months are `YYYY-MM`, in the order they were given in."""

    first: date | None = None
    last: date | None = None
    risk: str | None = None
    last_worked_day: date | None = None
    accident_day: date | None = None
    accident_day_given: bool = False
    subrogation_first: date | None = None
    subrogation_last: date | None = None
    birth_date: date | None = None
    months: Sequence[str | None] = field(default=())
    bonus_months: Sequence[str | None] = field(default=())


def refusals(facts: Facts, today: date) -> list[FieldError]:
    return [*_dates(facts, today), *_accident(facts), *_subrogation(facts), *_pay(facts, today)]


def warnings(facts: Facts, today: date) -> list[FieldError]:
    """Unlikely, but possible: taken, and said."""
    found = []
    first, last = facts.first, facts.last
    if first and last and last - first > LONG_ARRET:
        found.append(FieldError("period.last", "period-long"))
    if first and _years_before(today) > first:
        found.append(FieldError("period.first", "prescription-likely"))
    if first and facts.last_worked_day and first - facts.last_worked_day > LONG_PAUSE_BEFORE:
        found.append(FieldError("last_worked_day", "last-worked-day-long-before"))
    if last and facts.subrogation_first and facts.subrogation_first > last:
        found.append(FieldError("subrogation.first", "subrogation-after-end"))
    return found


def _dates(facts: Facts, today: date) -> Iterator[FieldError]:
    first, last = facts.first, facts.last
    if first is None:
        return
    if last and last < first:
        yield FieldError("period.last", "period-ends-before-start")
    if first - today > FURTHEST_START:
        yield FieldError("period.first", "start-too-far")
    if facts.last_worked_day and facts.last_worked_day > first:
        yield FieldError("last_worked_day", "last-worked-day-after-start")
    if facts.birth_date and facts.birth_date >= first:
        yield FieldError("employee.birth_date", "birth-date-after-start")


def _accident(facts: Facts) -> Iterator[FieldError]:
    if facts.risk is None:
        return
    if facts.risk in ACCIDENT_RISKS:
        if not facts.accident_day_given:
            yield FieldError("accident_day", "accident-day-missing")
        elif facts.accident_day and facts.first and facts.accident_day > facts.first:
            yield FieldError("accident_day", "accident-day-after-start")
    elif facts.accident_day_given:
        yield FieldError("accident_day", "accident-day-refused")


def _subrogation(facts: Facts) -> Iterator[FieldError]:
    first, last = facts.subrogation_first, facts.subrogation_last
    if first and last and last < first:
        yield FieldError("subrogation.last", "subrogation-ends-before-start")
    if first and facts.first and first < facts.first:
        yield FieldError("subrogation.first", "subrogation-before-start")


def _pay(facts: Facts, today: date) -> Iterator[FieldError]:
    present = f"{today:%Y-%m}"
    known = [month for month in facts.months if month]
    ascending = len(known) < 2 or known[0] <= known[-1]
    seen: set[str] = set()
    previous: str | None = None
    for place, month in enumerate(facts.months):
        if month is None:
            continue
        where = f"pay.months.{place}.month"
        if month > present:
            yield FieldError(where, "pay-month-future")
        if month in seen:
            yield FieldError(where, "pay-month-repeated")
        elif previous is not None and (month > previous) != ascending:
            yield FieldError(where, "pay-months-unordered")
        seen.add(month)
        previous = month
    for place, month in enumerate(facts.bonus_months):
        if month and month > present:
            yield FieldError(f"pay.bonuses.{place}.month", "pay-month-future")


def _years_before(today: date) -> date:
    """Two years back (CSS L.332-1); 29 February counts as the 28th."""
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return today.replace(year=today.year - PRESCRIPTION_YEARS, day=day)
