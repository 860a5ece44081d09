"""The matcher's words: cases, their calculation and timeline, and money without a case.

`case_file` reads one case with its timeline and puts both into the console's own form.
"""

import asyncio
import datetime as dt
from decimal import Decimal
from uuid import UUID

from contracts.money import Amounts

from ops_console.domain import case_file as ours
from ops_console.domain.case_file import CaseFile, Run
from ops_console.partner.upstream import Away, Told, Upstream, found


class Period(Told):
    first: dt.date
    last: dt.date

    def run(self) -> Run:
        return Run(self.first, self.last)


class Case(Told):
    case_id: UUID
    declaration_id: UUID
    tenant: str
    siret: str | None
    revision: int
    state: str
    expected: Amounts | None
    received: Amounts
    paid_to_employee: Amounts
    gap: Decimal | None
    opened_at: dt.datetime
    changed_at: dt.datetime


class Cases(Told):
    items: list[Case]
    next: str | None


class Rule(Told):
    label: str
    value: str
    unit: str
    source: str


class CalculationLine(Told):
    first: dt.date
    last: dt.date
    daily: Decimal
    gross: Decimal
    parameters: list[Rule]


class Calculation(Told):
    due: Period | None
    lines: list[CalculationLine]
    retenues: list[Rule]
    unknown: str | None


class Deadline(Told):
    awaited: str
    revision: int
    since: dt.datetime
    due_at: dt.datetime
    state: str


class WholeCase(Case):
    calculation: Calculation | None
    deadlines: list[Deadline]


class Declared(Told):
    revision: int
    change: str
    risk: str
    period: Period
    subrogation: Period | None
    returned_on: dt.date | None
    cancelled: bool


class Acceptance(Told):
    first_payable_day: dt.date
    accepted_until: dt.date
    daily_gross: Decimal
    claim_number: str | None = None


class Answered(Told):
    revision: int
    kind: str
    verdict: str
    code: str | None
    label: str | None
    reference: str | None
    acceptance: Acceptance | None


class Prepared(Told):
    revision: int


class SlipLine(Told):
    nature: str
    label: str | None
    first: dt.date | None
    last: dt.date | None
    days: int | None
    unit: Decimal | None
    amount: Decimal
    subrogated: bool


class Statement(Told):
    slip: str
    accounting_day: dt.date
    lines: list[SlipLine]
    tied: Amounts
    kinds: list[str]


class Expected(Told):
    amounts: Amounts | None
    unknown: str | None


class Became(Told):
    state: str
    gap: Decimal | None


class Entry(Told):
    at: dt.datetime
    declared: Declared | None = None
    prepared: Prepared | None = None
    answered: Answered | None = None
    statement: Statement | None = None
    expected: Expected | None = None
    state: Became | None = None


class Timeline(Told):
    items: list[Entry]


class Words(Told):
    fr: str


class OpenPayment(Told):
    siret: str
    accounting_day: dt.date
    status: str
    title: Words
    periods: list[Period]
    amounts: Amounts
    to_employer: bool


class Unmatched(Told):
    items: list[OpenPayment]
    next: str | None


class Matcher:
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def cases(
        self, *, state: str | None, declaration_id: UUID | None, cursor: str | None
    ) -> Cases | Away:
        """Newest first."""
        return await self._upstream.read(
            Cases, "/v1/cases", state=state, declaration_id=declaration_id, cursor=cursor, limit=50
        )

    async def case_file(self, case_id: UUID) -> CaseFile | Away | None:
        """None when there is no such case."""
        case, timeline = await asyncio.gather(
            found(self._upstream.read(WholeCase, f"/v1/cases/{case_id}")),
            found(self._upstream.read(Timeline, f"/v1/cases/{case_id}/timeline")),
        )
        if case is None or timeline is None:
            return None
        if isinstance(case, Away):
            return case
        return timeline if isinstance(timeline, Away) else _case_file(case, timeline.items)

    async def unmatched(self) -> Unmatched | Away:
        return await self._upstream.read(Unmatched, "/v1/unmatched", limit=20)


def _case_file(case: WholeCase, items: list[Entry]) -> CaseFile:
    return CaseFile(
        case_id=case.case_id,
        declaration_id=case.declaration_id,
        tenant=case.tenant,
        siret=case.siret,
        state=case.state,
        expected=case.expected,
        received=case.received,
        paid_to_employee=case.paid_to_employee,
        gap=case.gap,
        revisions=tuple(_revision(item.at, item.declared) for item in items if item.declared),
        prepared=tuple((item.prepared.revision, item.at) for item in items if item.prepared),
        answers=tuple(_answer(item.at, item.answered) for item in items if item.answered),
        calculation=_calculation(case.calculation) if case.calculation else None,
        expected_history=tuple(
            ours.Expected(item.at, item.expected.amounts, item.expected.unknown)
            for item in items
            if item.expected
        ),
        payments=tuple(_payment(item.at, item.statement) for item in items if item.statement),
        turns=tuple(
            ours.Turn(item.at, item.state.state, item.state.gap) for item in items if item.state
        ),
        waits=tuple(
            ours.Wait(each.awaited, each.revision, each.since, each.due_at, each.state)
            for each in case.deadlines
        ),
    )


def _revision(at: dt.datetime, told: Declared) -> ours.Revision:
    return ours.Revision(
        number=told.revision,
        change=told.change,
        risk=told.risk,
        period=told.period.run(),
        declared_at=at,
        subrogation=told.subrogation.run() if told.subrogation else None,
        returned_on=told.returned_on,
        cancelled=told.cancelled,
    )


def _answer(at: dt.datetime, told: Answered) -> ours.Answer:
    given = told.acceptance
    return ours.Answer(
        revision=told.revision,
        kind=told.kind,
        verdict=told.verdict,
        answered_at=at,
        code=told.code,
        label=told.label,
        reference=told.reference,
        acceptance=ours.Acceptance(
            given.first_payable_day, given.accepted_until, given.daily_gross, given.claim_number
        )
        if given
        else None,
    )


def _calculation(told: Calculation) -> ours.Calculation:
    return ours.Calculation(
        due=told.due.run() if told.due else None,
        rates=tuple(
            ours.Rate(Run(line.first, line.last), line.daily, line.gross, _rules(line.parameters))
            for line in told.lines
        ),
        retenues=_rules(told.retenues),
        unknown_because=told.unknown,
    )


def _rules(told: list[Rule]) -> tuple[ours.Rule, ...]:
    return tuple(ours.Rule(rule.label, rule.value, rule.unit, rule.source) for rule in told)


def _payment(at: dt.datetime, told: Statement) -> ours.Payment:
    return ours.Payment(
        slip=told.slip,
        accounting_day=told.accounting_day,
        received_at=at,
        amounts=told.tied,
        kinds=tuple(told.kinds),
        lines=tuple(
            ours.Line(
                line.nature,
                line.label,
                line.first,
                line.last,
                line.days,
                line.unit,
                line.amount,
                line.subrogated,
            )
            for line in told.lines
        ),
    )
