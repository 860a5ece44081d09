"""How a case is shown: the models of the answers, and their making from what the store keeps."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

from contracts.events import (
    Acceptance,
    AnswerKind,
    Awaited,
    CaseState,
    Change,
    Period,
    Risk,
    Verdict,
)
from contracts.money import Amount, Amounts
from pydantic import AwareDatetime, BaseModel

from matcher.domain.days import Days
from matcher.domain.deadline import Deadline, DeadlineEvent, DeadlineState
from matcher.domain.facts import Answer, Revision
from matcher.store.cases import CaseRow
from matcher.store.history import KeptExpectation


class CaseView(BaseModel):
    """Amounts concern the employer's days. `expected` and `gap` are null where unknown; `gap` is
    net, positive where money is missing."""

    case_id: UUID
    declaration_id: UUID
    tenant: str
    siret: str | None
    revision: int
    state: CaseState
    expected: Amounts | None
    received: Amounts
    paid_to_employee: Amounts
    gap: Amount | None
    opened_at: AwareDatetime
    changed_at: AwareDatetime


class CaseList(BaseModel):
    items: list[CaseView]
    next: str | None


class Rule(BaseModel):
    """A legal parameter with the day from which it holds, and where it is written."""

    name: str
    label: str
    value: str
    unit: str
    since: date
    source: str


class CalculationLine(BaseModel):
    """One period at one daily gross amount; `rule` names the way it is computed."""

    first: date
    last: date
    days: int
    daily: Amount
    gross: Amount
    rule: str
    parameters: list[Rule]


class Calculation(BaseModel):
    """`unknown`: `pay-history` (months missing) or `parameters` (a year not covered)."""

    revision: int
    at: AwareDatetime
    due: Period | None
    lines: list[CalculationLine]
    retenues: list[Rule]
    unknown: str | None


class Declared(BaseModel):
    """`subrogation`: the period whose allowances go to the employer."""

    revision: int
    change: Change
    declared_at: AwareDatetime
    risk: Risk
    period: Period
    subrogation: Period | None
    returned_on: date | None
    cancelled: bool


class AnswerView(BaseModel):
    revision: int
    kind: AnswerKind
    verdict: Verdict
    code: str | None
    label: str | None
    reference: str | None
    answered_at: AwareDatetime
    acceptance: Acceptance | None


class DeadlineView(BaseModel):
    """`due_at`: the first instant at which it is missed; `rule`: the versions that gave it."""

    awaited: Awaited
    revision: int
    since: AwareDatetime
    due_at: AwareDatetime
    rule: str
    state: DeadlineState
    missed_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    reason: DeadlineEvent | None


class WholeCase(CaseView):
    declared: Declared | None
    calculation: Calculation | None
    answers: list[AnswerView]
    deadlines: list[DeadlineView]


def view(case: CaseRow) -> CaseView:
    return CaseView(
        case_id=case.case_id,
        declaration_id=case.declaration_id,
        tenant=case.tenant,
        siret=case.siret,
        revision=case.revision,
        state=case.state,
        expected=case.expected,
        received=case.received,
        paid_to_employee=case.paid_to_employee,
        gap=case.gap,
        opened_at=case.noted_at,
        changed_at=case.changed_at,
    )


def declared_of(revision: Revision) -> Declared:
    return Declared(
        revision=revision.number,
        change=revision.change,
        declared_at=revision.declared_at,
        risk=revision.risk,
        period=period_of(revision.period),
        subrogation=period_of(revision.subrogation) if revision.subrogation else None,
        returned_on=revision.returned_on,
        cancelled=revision.cancelled,
    )


def answer_of(answer: Answer) -> AnswerView:
    return AnswerView(**{name: getattr(answer, name) for name in AnswerView.model_fields})


def deadline_of(deadline: Deadline) -> DeadlineView:
    kept = asdict(deadline)
    due = kept.pop("due")
    return DeadlineView(**kept, due_at=due["at"], rule=due["rule"])


def calculation_of(kept: KeptExpectation) -> Calculation:
    due = kept.calculation["due"]
    return Calculation(
        revision=kept.revision,
        at=kept.at,
        due=Period(first=due[0], last=due[1]) if due else None,
        lines=kept.calculation["lines"],
        retenues=kept.calculation["retenues"],
        unknown=kept.unknown,
    )


def period_of(days: Days) -> Period:
    return Period(first=days.first, last=days.last)
