"""Where the facts for `coherence.py` come from: a new declaration, or one after a change."""

from datetime import date

from contracts.events import Declaration
from pydantic import BaseModel

from declaration_gateway.domain.changing import Changing, Correction
from declaration_gateway.domain.coherence import Facts
from declaration_gateway.domain.declaring import Declaring, PaySaid


def facts_of(said: Declaring) -> Facts:
    """Also of a declaration salvaged from a refused body, whose unreadable fields are None."""
    period, paid_to_us, employee = said.period, said.subrogation, said.employee
    return Facts(
        first=_day(period, "first"),
        last=_day(period, "last"),
        risk=said.risk,
        last_worked_day=said.last_worked_day,
        accident_day=said.accident_day,
        accident_day_given="accident_day" in _given(said),
        subrogation_first=_day(paid_to_us, "first"),
        subrogation_last=_day(paid_to_us, "last"),
        birth_date=_day(employee, "birth_date"),
        months=_months(said.pay),
        bonus_months=_bonus_months(said.pay),
    )


def facts_of_change(after: Declaration, said: Changing) -> Facts:
    """The declaration after the change; of its pay only what the change itself says is readable."""
    corrected = said if isinstance(said, Correction) else None
    pay = corrected.pay if corrected else None
    paid_to_us = after.subrogation
    return Facts(
        first=after.period.first,
        last=after.period.last,
        risk=after.risk,
        last_worked_day=after.last_worked_day,
        accident_day=after.accident_day,
        accident_day_given=after.accident_day is not None,
        subrogation_first=_day(paid_to_us, "first"),
        subrogation_last=_day(paid_to_us, "last"),
        birth_date=_day(corrected and corrected.employee, "birth_date"),
        months=_months(pay),
        bonus_months=_bonus_months(pay),
    )


def _day(part: BaseModel | None, name: str) -> date | None:
    day: date | None = getattr(part, name, None)
    return day


def _given(said: BaseModel) -> set[str]:
    return {name for name in said.model_fields_set if getattr(said, name) is not None}


def _months(pay: PaySaid | None) -> list[str | None]:
    return [item.month for item in pay.months or ()] if pay else []


def _bonus_months(pay: PaySaid | None) -> list[str | None]:
    return [item.month for item in pay.bonuses or ()] if pay else []
