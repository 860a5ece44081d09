"""The case: its state and amounts, as one pure function of its facts.

The state is a cell of `STATES`: how the declaration stands with the CPAM, by how the money stands.
Nothing else ever sets it, so it cannot depend on the order in which facts arrived.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from contracts.events import CaseState
from contracts.money import Amounts

from matcher.domain.answers import STANDINGS, Standing, standing
from matcher.domain.balance import Payments, compare
from matcher.domain.expectation import NOTHING, Expectation, expect
from matcher.domain.facts import Facts
from matcher.domain.law import Law
from matcher.domain.waits import Wait, waits

Row = Standing | Literal["announced", "cancelled"]
ROWS: tuple[Row, ...] = ("announced", *STANDINGS, "cancelled")

STATES: Mapping[Row, Mapping[Payments, CaseState]] = {
    "announced": {
        "none": "announced",
        "nothing-due": "announced",
        "part": "announced",
        "wrong": "announced",
        "complete": "announced",
        "to-employee": "announced",
    },
    "declared": {
        "none": "declared",
        "nothing-due": "declared",
        "part": "partly-paid",
        "wrong": "gap",
        "complete": "settled",
        "to-employee": "paid-to-employee",
    },
    "received": {
        "none": "received",
        "nothing-due": "received",
        "part": "partly-paid",
        "wrong": "gap",
        "complete": "settled",
        "to-employee": "paid-to-employee",
    },
    "in-progress": {
        "none": "in-progress",
        "nothing-due": "in-progress",
        "part": "partly-paid",
        "wrong": "gap",
        "complete": "settled",
        "to-employee": "paid-to-employee",
    },
    "documents-requested": {
        "none": "documents-requested",
        "nothing-due": "documents-requested",
        # What blocks the rest is worth more to the reader than the part that came.
        "part": "documents-requested",
        "wrong": "gap",
        "complete": "settled",
        "to-employee": "paid-to-employee",
    },
    "accepted": {
        "none": "accepted",
        # Accepted, and the whole arrêt lies in its waiting days: nothing will come.
        "nothing-due": "settled",
        "part": "partly-paid",
        "wrong": "gap",
        "complete": "settled",
        "to-employee": "paid-to-employee",
    },
    "refused": {
        "none": "refused",
        "nothing-due": "refused",
        "part": "refused",
        "wrong": "gap",
        "complete": "settled",
        "to-employee": "paid-to-employee",
    },
    "cancelled": {
        "none": "cancelled",
        "nothing-due": "cancelled",
        "part": "cancelled",
        # Money that came for a cancelled arrêt goes back: it stays visible until it has.
        "wrong": "gap",
        "complete": "cancelled",
        "to-employee": "cancelled",
    },
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Amounts concern the days that are the employer's; `gap` is missing net euros."""

    state: CaseState
    revision: int
    cancelled: bool
    expectation: Expectation
    received: Amounts
    paid_to_employee: Amounts
    gap: Decimal | None
    waits: tuple[Wait, ...]

    @property
    def expected(self) -> Amounts | None:
        return self.expectation.amounts


ANNOUNCED = Assessment("announced", 0, False, NOTHING, Amounts.zero(), Amounts.zero(), None, ())
"""A case of which only an echo is known: its declaration has not come yet."""


def assess(facts: Facts, law: Law) -> Assessment:
    latest = facts.latest
    if latest is None:
        return ANNOUNCED
    expectation = expect(facts.revisions, law, earlier_days=facts.earlier_days)
    balance = compare(expectation, latest.subrogation is not None, facts.credits)
    row: Row = "cancelled" if latest.cancelled else standing(facts)
    return Assessment(
        state=STATES[row][balance.payments],
        revision=latest.number,
        cancelled=latest.cancelled,
        expectation=expectation,
        received=balance.received,
        paid_to_employee=balance.paid_to_employee,
        gap=balance.gap,
        waits=waits(facts, law),
    )
