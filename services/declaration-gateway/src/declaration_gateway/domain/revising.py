"""Applies a change to a declaration as it stands: pure, the declaration after it or a refusal.

The dates are worked out here; `coherence.py` then looks at the result as it does at a new one.
"""

from datetime import timedelta
from typing import Any

from chassis.errors import Refused
from contracts.events import Declaration, Period

from declaration_gateway.domain.changing import (
    Cancellation,
    Changing,
    Correction,
    Prolongation,
    ReturnToWork,
)

DAY = timedelta(days=1)


def changes(standing: Declaration, said: Changing) -> dict[str, Any]:
    """The fields of `standing` that `said` moves, sealed ones apart."""
    match said:
        case Prolongation():
            return _prolong(standing, said)
        case Correction():
            return _correct(standing, said)
        case ReturnToWork():
            return _return(standing, said)
        case Cancellation():
            return {"cancelled": True}


def _prolong(standing: Declaration, said: Prolongation) -> dict[str, Any]:
    period = standing.period
    if said.first and said.first > period.last + DAY:
        # Days without a prescription are never paid: two arrêts, each with its own waiting period.
        raise Refused("prolongation-gap", field="first")
    if said.first and said.first <= period.first:
        raise Refused("prolongation-before-start", field="first")
    if said.last <= period.last:
        raise Refused("prolongation-not-later", field="last")
    moved: dict[str, Any] = {"period": Period(first=period.first, last=said.last)}
    if said.subrogation_last:
        if standing.subrogation is None:
            raise Refused("subrogation-absent", field="subrogation_last")
        moved["subrogation"] = Period(first=standing.subrogation.first, last=said.subrogation_last)
    return moved


def _correct(standing: Declaration, said: Correction) -> dict[str, Any]:
    given = said.model_fields_set - {"change"}
    if not given:
        raise Refused("correction-empty")
    moved: dict[str, Any] = {}
    if said.period:
        moved["period"] = Period(first=said.period.first, last=said.period.last)
        if standing.returned_on and said.period.last != standing.returned_on - DAY:
            raise Refused("correction-against-return", field="period.last")
    if said.last_worked_day:
        moved["last_worked_day"] = said.last_worked_day
    if said.accident_day:
        moved["accident_day"] = said.accident_day
    if "subrogation" in given:
        paid_to_us = said.subrogation
        moved["subrogation"] = paid_to_us and Period(first=paid_to_us.first, last=paid_to_us.last)
    return moved


def _return(standing: Declaration, said: ReturnToWork) -> dict[str, Any]:
    period = standing.period
    if said.returned_on <= period.first:
        raise Refused("return-before-start", field="returned_on")
    if said.returned_on > period.last + DAY and standing.returned_on is None:
        raise Refused("return-after-end", field="returned_on")
    ends = Period(first=period.first, last=said.returned_on - DAY)
    return {"period": ends, "returned_on": said.returned_on}
