"""What the employer is to receive: the allowances of the subrogated days, gross, retenues and net.

`amounts` is None where it cannot be known (no sufficient pay history, no parameter for that year);
the days due are known all the same, so that silence about them can be noticed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.money import ZERO, Amounts, cents
from contracts.sealed import Pay

from matcher.domain.allowance import Rate, payable_days, rates
from matcher.domain.days import Days
from matcher.domain.facts import Revision
from matcher.domain.law import Law, NotCovered, Parameter
from matcher.domain.wages import NotEnoughPay


@dataclass(frozen=True, slots=True)
class Retenues:
    """CSG and CRDS, each rounded on its own over the gross of one payment."""

    csg: Parameter
    crds: Parameter

    def of(self, gross: Decimal) -> Amounts:
        csg, crds = cents(gross * self.csg.value), cents(gross * self.crds.value)
        return Amounts(gross=gross, csg=csg, crds=crds, net=gross - csg - crds)


@dataclass(frozen=True, slots=True)
class Expectation:
    due: Days | None
    """The payable days that are the employer's."""
    rates: tuple[Rate, ...]
    """Of the days due, in order; empty where the amount is unknown."""
    retenues: Retenues | None
    amounts: Amounts | None
    unknown: str | None = None
    """Why the amount is unknown: `pay-history` or `parameters`."""

    def daily(self) -> dict[date, Decimal]:
        """Gross euros by day due; 0 a day where the amount is unknown."""
        amounts = dict.fromkeys(self.due or (), ZERO)
        for rate in self.rates:
            amounts |= dict.fromkeys(rate.days, rate.daily)
        return amounts


NOTHING = Expectation(None, (), None, Amounts.zero())


def expect(revisions: Iterable[Revision], law: Law, *, earlier_days: int = 0) -> Expectation:
    """From all known revisions; the last one says what the arrêt is."""
    ordered = sorted(revisions, key=lambda revision: revision.number)
    latest = ordered[-1]
    try:
        due = due_days(latest, law)
    except NotCovered:
        return Expectation(None, (), None, None, "parameters")
    if due is None:
        return NOTHING
    try:
        found = rates(latest, _pay(ordered), law, earlier_days=earlier_days)
        start = latest.period.first
        retenues = Retenues(law.at("csg", start), law.at("crds", start))
    except NotEnoughPay:
        return Expectation(due, (), None, None, "pay-history")
    except NotCovered:
        return Expectation(due, (), None, None, "parameters")
    subrogated = tuple(
        Rate(part, rate.daily, rate.rule, rate.parameters)
        for rate in found
        if (part := rate.days.within(due)) is not None
    )
    gross = sum((rate.daily * len(rate.days) for rate in subrogated), ZERO)
    return Expectation(due, subrogated, retenues, retenues.of(gross))


def due_days(revision: Revision, law: Law) -> Days | None:
    """The days whose allowances go to the employer; None where there are none."""
    if revision.cancelled or revision.subrogation is None:
        return None
    payable = payable_days(revision, law)
    return None if payable is None else payable.within(revision.subrogation)


def _pay(revisions: list[Revision]) -> Pay | None:
    """The history told at the start or corrected since: a prolongation never computes again."""
    told = [revision for revision in revisions if revision.pay is not None]
    starts = [revision for revision in told if revision.change in ("initial", "correction")]
    if starts:
        return starts[-1].pay
    return told[0].pay if told else None
