"""Dates, amounts and numbers as a French reader expects them. Instants are shown in Paris time."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency
from chassis.clock import PARIS

_LOCALE = "fr_FR"
_ONE_MINUTE = dt.timedelta(minutes=1)
_MINUS = "\N{MINUS SIGN}"


def day(date: dt.date) -> str:
    """`9 mars 2026`, `1er mars 2026`."""
    return _date(date, "d MMMM y")


def short_day(date: dt.date) -> str:
    """`9 mars`."""
    return _date(date, "d MMM")


def weekday(date: dt.date) -> str:
    """`lundi 9 mars 2026`."""
    return _date(date, "EEEE d MMMM y")


def _date(date: dt.date, pattern: str) -> str:
    """The first of a month is an ordinal in French, the other days are not."""
    return format_date(date, pattern.replace("d", "d'er'") if date.day == 1 else pattern, _LOCALE)


def days(first: dt.date, last: dt.date) -> str:
    """`9 mars 2026`, `du 9 au 27 mars 2026`, `du 28 février au 3 mars 2026`."""
    if first == last:
        return f"le {day(first)}"
    if first.year != last.year:
        return f"du {day(first)} au {day(last)}"
    start = "d" if first.month == last.month else "d MMMM"
    return f"du {_date(first, start)} au {day(last)}"


def paris_day(at: dt.datetime) -> dt.date:
    return at.astimezone(PARIS).date()


def clock_time(at: dt.datetime) -> str:
    return format_datetime(at.astimezone(PARIS), "HH:mm", locale=_LOCALE)


def instant(at: dt.datetime) -> str:
    """`lun. 9 mars 2026, 14:05`."""
    return f"{_date(paris_day(at), 'EEE d MMMM y')}, {clock_time(at)}"


def due(at: dt.datetime) -> str:
    """As `instant`; but what is due at midnight is due by the end of the day before."""
    local = at.astimezone(PARIS)
    if local.time() == dt.time(0):
        before = local.date() - dt.timedelta(days=1)
        return f"{_date(before, 'EEE d MMMM y')}, fin de journée"
    return instant(at)


def lasting(length: dt.timedelta) -> str:
    """`3 jours`, `2 heures`."""
    return format_timedelta(length, locale=_LOCALE, threshold=1.2)


def late(length: dt.timedelta) -> str:
    """`3 jours de retard`; under a minute there is no number worth reading."""
    return f"{lasting(length)} de retard" if length >= _ONE_MINUTE else "vient d'échoir"


def since(length: dt.timedelta) -> str:
    """`depuis 3 jours`."""
    return f"depuis {lasting(length)}" if length >= _ONE_MINUTE else "à l'instant"


def euros(amount: Decimal) -> str:
    """`1 234,50 €`, with a true minus sign."""
    return format_currency(amount, "EUR", locale=_LOCALE).replace("-", _MINUS)


def siret(number: str) -> str:
    """`123 456 789 00012`."""
    return f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"


def short_id(identity: UUID) -> str:
    """The end of an id: declarations of one minute begin alike."""
    return f"…{str(identity)[-12:]}"


def capital(text: str) -> str:
    """The first letter only: the rest stays as it is written."""
    return text[:1].upper() + text[1:]


def number(value: int) -> str:
    """`-18` with a true minus sign."""
    return str(value).replace("-", _MINUS)


def count(number: int, one: str, many: str) -> str:
    """`1 dossier`, `3 dossiers`; in French 0 is singular."""
    return f"{number} {one if abs(number) < 2 else many}"
