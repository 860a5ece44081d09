"""What a change of a case has to tell others: the events between two assessments, in a fixed order.

The order does not depend on what arrived first: expectation, answers, payments, ends of lateness,
then what became of the state. Each event carries the case as it is after all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events import (
    Case,
    CaseAnswered,
    CaseCancelled,
    CaseExpected,
    CaseGapClosed,
    CaseGapFound,
    CaseMatched,
    CaseOpened,
    CaseOverdue,
    CaseOverdueEnded,
    CaseReopened,
    CaseSettled,
    CaseState,
)
from contracts.identifiers import Siret
from contracts.ids import overdue_id
from contracts.money import Amounts

from matcher.domain.case import Assessment
from matcher.domain.deadline import Deadline
from matcher.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class Identity:
    case_id: UUID
    declaration_id: UUID
    siret: str
    person_ref: str


@dataclass(frozen=True, slots=True)
class Before:
    """The case as others were last told."""

    state: CaseState
    cancelled: bool
    expected: Amounts | None


@dataclass(frozen=True, slots=True)
class Match:
    statement_id: UUID
    amounts: Amounts


def news(
    identity: Identity,
    before: Before,
    after: Assessment,
    *,
    answers: Sequence[Answer],
    matches: Sequence[Match],
    deadlines: Sequence[Deadline],
    at: datetime,
) -> list[Case]:
    """`answers` and `matches` are those not yet told, `deadlines` those that have changed."""
    case = _case(identity, after)
    opened = before.state == "announced"
    found: list[Case] = [CaseOpened(**case)] if opened else []
    if after.expected != before.expected or (opened and after.expected is not None):
        found.append(CaseExpected(**case))
    found += [
        CaseAnswered(
            **case,
            kind=answer.kind,
            verdict=answer.verdict,
            code=answer.code,
            answered_at=answer.answered_at,
        )
        for answer in answers
    ]
    found += [
        CaseMatched(**case, statement_id=match.statement_id, matched=match.amounts)
        for match in matches
    ]
    found += [told for each in deadlines if (told := _of_deadline(identity, case, each))]
    return found + _of_state(case, before, after, at)


def _of_deadline(identity: Identity, case: dict[str, Any], deadline: Deadline) -> Case | None:
    episode = overdue_id(identity.case_id, deadline.awaited, deadline.revision)
    if deadline.state == "missed":
        return CaseOverdue(
            **case,
            overdue_id=episode,
            awaited=deadline.awaited,
            awaited_revision=deadline.revision,
            since=deadline.since,
            due_at=deadline.due.at,
            missed_at=deadline.missed_at,
        )
    if deadline.state == "ended":
        return CaseOverdueEnded(
            **case,
            overdue_id=episode,
            awaited=deadline.awaited,
            reason=deadline.reason,
            ended_at=deadline.ended_at,
        )
    return None


def _of_state(case: dict[str, Any], before: Before, after: Assessment, at: datetime) -> list[Case]:
    left, entered = before.state, after.state
    found: list[Case] = []
    if after.cancelled and not before.cancelled:
        found.append(CaseCancelled(**case))
    if left == entered:
        return found
    if left == "gap":
        found.append(CaseGapClosed(**case, closed_at=at))
    if left == "settled" and entered != "cancelled":
        found.append(CaseReopened(**case))
    if entered == "gap":
        found.append(CaseGapFound(**case, found_at=at))
    if entered == "settled":
        found.append(CaseSettled(**case, settled_at=at))
    return found


def _case(identity: Identity, case: Assessment) -> dict[str, Any]:
    return {
        "case_id": identity.case_id,
        "declaration_id": identity.declaration_id,
        "siret": Siret(identity.siret),
        "person_ref": identity.person_ref,
        "revision": case.revision,
        "state": case.state,
        "expected": case.expected,
        "received": case.received,
        "paid_to_employee": case.paid_to_employee,
        "gap": case.gap,
    }
