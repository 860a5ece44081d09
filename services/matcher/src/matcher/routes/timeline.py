"""The story of a case: every fact and what it changed, in the order in which they happened."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis.db import Database, Tx
from contracts.events import Awaited, CaseState, StatementLine
from contracts.money import Amount, Amounts
from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel

from matcher.domain.deadline import Deadline, DeadlineEvent
from matcher.routes.reading import Reader, case_of
from matcher.routes.views import AnswerView, Declared, answer_of, declared_of
from matcher.store import deadlines, facts, history, statements

router = APIRouter(tags=["cases"])


class Prepared(BaseModel):
    revision: int


class PaidStatement(BaseModel):
    """`lines` are the slip's as they came; `tied` is what of them belongs to this case."""

    statement_id: UUID
    slip: str
    insurance: str
    claim_number: str | None
    accounting_day: date
    lines: list[StatementLine]
    tied: Amounts
    kinds: list[str]


class Expected(BaseModel):
    revision: int
    amounts: Amounts | None
    unknown: str | None


class Became(BaseModel):
    state: CaseState
    gap: Amount | None


class Late(BaseModel):
    awaited: Awaited
    revision: int
    due_at: AwareDatetime
    reason: DeadlineEvent | None


Entry = Literal[
    "declared",
    "prepared",
    "answered",
    "statement",
    "expected",
    "state",
    "overdue",
    "overdue-ended",
]


class TimelineEntry(BaseModel):
    """`entry` names what it is; the field of that name, or `late`, holds it."""

    at: AwareDatetime
    entry: Entry
    declared: Declared | None = None
    prepared: Prepared | None = None
    answered: AnswerView | None = None
    statement: PaidStatement | None = None
    expected: Expected | None = None
    state: Became | None = None
    late: Late | None = None


class Timeline(BaseModel):
    items: list[TimelineEntry]
    next: None = None


_ORDER: tuple[Entry, ...] = (
    "declared",
    "prepared",
    "answered",
    "statement",
    "expected",
    "overdue",
    "overdue-ended",
    "state",
)


@router.get("/cases/{case_id}/timeline")
async def get_timeline(request: Request, caller: Reader, case_id: UUID) -> Timeline:
    """Oldest first; at one instant, facts come before what they changed."""
    db: Database = request.app.state.db
    async with db.begin() as tx:
        await case_of(tx, caller, case_id)
        entries = [
            *await _facts(tx, case_id),
            *await _statements(tx, case_id),
            *await _changes(tx, case_id),
        ]
    entries.sort(key=lambda entry: (entry.at, _ORDER.index(entry.entry)))
    return Timeline(items=entries)


async def _facts(tx: Tx, case_id: UUID) -> list[TimelineEntry]:
    declared = [
        TimelineEntry(at=revision.declared_at, entry="declared", declared=declared_of(revision))
        for _, revision, _ in await facts.revisions_of(tx, [case_id])
    ]
    prepared = [
        TimelineEntry(
            at=deposit.prepared_at, entry="prepared", prepared=Prepared(revision=deposit.revision)
        )
        for _, deposit in await facts.deposits_of(tx, [case_id])
    ]
    answered = [
        TimelineEntry(at=answer.answered_at, entry="answered", answered=answer_of(answer))
        for _, answer, _ in await facts.answers_of(tx, [case_id])
    ]
    return [*declared, *prepared, *answered]


async def _statements(tx: Tx, case_id: UUID) -> list[TimelineEntry]:
    tied = await statements.tied_to(tx, case_id)
    return [
        TimelineEntry(
            at=row["received_at"],
            entry="statement",
            statement=PaidStatement(
                statement_id=row["statement_id"],
                slip=row["slip"],
                insurance=row["insurance"],
                claim_number=row["claim_number"],
                accounting_day=row["accounting_day"],
                lines=[StatementLine.model_validate(line) for line in row["lines"]],
                tied=tied[row["statement_id"]].amounts,
                kinds=tied[row["statement_id"]].kinds,
            ),
        )
        for row in await statements.rows_of(tx, list(tied))
    ]


async def _changes(tx: Tx, case_id: UUID) -> list[TimelineEntry]:
    expected = [
        TimelineEntry(
            at=kept.at,
            entry="expected",
            expected=Expected(revision=kept.revision, amounts=kept.amounts, unknown=kept.unknown),
        )
        for kept in await history.expectations_of(tx, case_id)
    ]
    states = [
        TimelineEntry(at=row["at"], entry="state", state=Became(state=row["state"], gap=row["gap"]))
        for row in await history.states_of(tx, case_id)
    ]
    held = [deadline for _, deadline in await deadlines.of_cases(tx, [case_id])]
    missed = [_late(each, "overdue", each.missed_at) for each in held if each.missed_at]
    ended = [_late(each, "overdue-ended", each.ended_at) for each in held if each.ended_at]
    return [*expected, *states, *missed, *ended]


def _late(deadline: Deadline, entry: Entry, at: datetime) -> TimelineEntry:
    ended = entry == "overdue-ended"
    return TimelineEntry(
        at=at,
        entry=entry,
        late=Late(
            awaited=deadline.awaited,
            revision=deadline.revision,
            due_at=deadline.due.at,
            reason=deadline.reason if ended else None,
        ),
    )
