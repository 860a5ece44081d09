"""Cases, their calculation and timeline, and money without a case, from the matcher.

`case_file` reads one case with its timeline and puts both into the console's own form.
"""

import asyncio
import datetime as dt
from uuid import UUID

from ops_console.domain import case_file as ours
from ops_console.domain.case_file import CaseFile, Run
from ops_console.partner.matcher_words import (
    Answered,
    Calculation,
    Cases,
    Declared,
    Entry,
    Rule,
    Statement,
    Timeline,
    Unmatched,
    WholeCase,
)
from ops_console.partner.upstream import Away, Upstream, found


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
