"""Due instants: when a silence becomes too long.

A due instant is the first one at which the wait is over; the end of a Paris day is the midnight
that follows it, so days of 23 and 25 hours are right by themselves.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import holidays
from holidays.version import __version__ as calendar_version

from matcher.domain.days import ONE_DAY
from matcher.domain.law import Law

PARIS = ZoneInfo("Europe/Paris")
_SATURDAY = 5
_CLOSED = holidays.country_holidays("FR")


@dataclass(frozen=True, slots=True)
class Due:
    """`rule` names the parameter and, where working days count, the calendar that was used."""

    at: datetime
    rule: str


def technical_acknowledgement_due(prepared_at: datetime, law: Law) -> Due:
    delay = law.at("technical-acknowledgement-hours", paris_day(prepared_at))
    return Due(prepared_at + timedelta(hours=float(delay.value)), delay.version)


def acknowledgement_due(deposited_at: datetime, law: Law) -> Due:
    """End of the third working day; the day of the deposit is day 0."""
    deposit_day = paris_day(deposited_at)
    delay = law.at("acknowledgement-working-days", deposit_day)
    last = working_day_after(deposit_day, delay.value)
    return Due(end_of_day(last), f"{delay.version} holidays-FR@{calendar_version}")


def payment_due(first_day: date, accepted_at: datetime, law: Law) -> Due:
    start = max(first_day, paris_day(accepted_at))
    delay = law.at("payment-days", start)
    return Due(end_of_day(start + timedelta(days=int(delay.value))), delay.version)


def working_day_after(day: date, count: Decimal | int) -> date:
    """The `count`-th *jour ouvré* (Monday to Friday, no public holiday) after `day`."""
    left = int(count)
    while left > 0:
        day += ONE_DAY
        if day.weekday() < _SATURDAY and day not in _CLOSED:
            left -= 1
    return day


def paris_day(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


def end_of_day(day: date) -> datetime:
    return datetime.combine(day + ONE_DAY, time(), PARIS).astimezone(UTC)
