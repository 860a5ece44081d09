"""What a case was before: expectations with their calculation, and states. Only ever added to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.db import Tx
from contracts.money import Amounts
from sqlalchemy import bindparam, func, insert, select

from matcher.domain.allowance import Rate
from matcher.domain.case import Assessment
from matcher.domain.law import Parameter
from matcher.store.cases import amounts_of, columns
from matcher.store.tables import expectation, state_change

# Made once: building a query takes longer than running it.
_ADD_STATE = insert(state_change).values(
    case_id=bindparam("of_case"),
    number=select(func.count() + 1)
    .where(state_change.c.case_id == bindparam("of_case"))
    .scalar_subquery(),
    at=bindparam("changed_at"),
    state=bindparam("now"),
    gap=bindparam("its_gap"),
)
_EXPECTATIONS = (
    select(expectation)
    .where(expectation.c.case_id == bindparam("of_case"))
    .order_by(expectation.c.number)
)


@dataclass(frozen=True, slots=True)
class KeptExpectation:
    at: datetime
    revision: int
    amounts: Amounts | None
    unknown: str | None
    calculation: dict[str, Any]


async def add_expectation(tx: Tx, case_id: UUID, assessment: Assessment, at: datetime) -> None:
    """Unless it is the one kept last."""
    calculation = _calculation(assessment)
    kept = await expectations_of(tx, case_id)
    if kept and (kept[-1].amounts, kept[-1].calculation) == (assessment.expected, calculation):
        return
    await tx.execute(
        insert(expectation).values(
            case_id=case_id,
            number=len(kept) + 1,
            at=at,
            revision=assessment.revision,
            unknown_because=assessment.expectation.unknown,
            calculation=calculation,
            **columns("expected", assessment.expected),
        )
    )


async def expectations_of(tx: Tx, case_id: UUID) -> list[KeptExpectation]:
    """Oldest first."""
    found = await tx.execute(_EXPECTATIONS, {"of_case": case_id})
    return [
        KeptExpectation(
            row["at"],
            row["revision"],
            amounts_of(row, "expected"),
            row["unknown_because"],
            row["calculation"],
        )
        for row in found.mappings()
    ]


async def add_state(tx: Tx, case_id: UUID, state: str, gap: Decimal | None, at: datetime) -> None:
    await tx.execute(
        _ADD_STATE, {"of_case": case_id, "now": state, "its_gap": gap, "changed_at": at}
    )


async def states_of(tx: Tx, case_id: UUID) -> list[Any]:
    found = await tx.execute(
        select(state_change)
        .where(state_change.c.case_id == case_id)
        .order_by(state_change.c.number)
    )
    return list(found.mappings())


def _calculation(assessment: Assessment) -> dict[str, Any]:
    found = assessment.expectation
    retenues = (found.retenues.csg, found.retenues.crds) if found.retenues else ()
    return {
        "due": [found.due.first.isoformat(), found.due.last.isoformat()] if found.due else None,
        "lines": [_line(rate) for rate in found.rates],
        "retenues": [_parameter(each) for each in retenues],
    }


def _line(rate: Rate) -> dict[str, Any]:
    return {
        "first": rate.days.first.isoformat(),
        "last": rate.days.last.isoformat(),
        "days": len(rate.days),
        "daily": str(rate.daily),
        "gross": str(rate.daily * len(rate.days)),
        "rule": rate.rule,
        "parameters": [_parameter(each) for each in rate.parameters],
    }


def _parameter(parameter: Parameter) -> dict[str, str]:
    return {
        "name": parameter.name,
        "label": parameter.label,
        "value": str(parameter.value),
        "unit": parameter.unit,
        "since": parameter.since.isoformat(),
        "source": parameter.source,
    }
