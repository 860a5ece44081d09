"""What a case waits for, and until when.

Computed from the facts like everything else: a wait whose object has come is still listed (`over`),
one that no longer makes sense is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from contracts.events import Awaited

from matcher.domain.answers import standing_of
from matcher.domain.delays import (
    Due,
    acknowledgement_due,
    payment_due,
    technical_acknowledgement_due,
)
from matcher.domain.expectation import due_days
from matcher.domain.facts import Facts, Revision
from matcher.domain.law import Law, NotCovered


@dataclass(frozen=True, slots=True)
class Wait:
    """One a kind and revision. `since` is what started it, `over` whether what it awaits came."""

    awaited: Awaited
    revision: int
    since: datetime
    due: Due
    over: bool


def waits(facts: Facts, law: Law) -> tuple[Wait, ...]:
    latest = facts.latest
    if latest is None:
        return ()
    if latest.cancelled:
        # Only that the CPAM has taken the cancellation is still awaited.
        technical = _technical_acknowledgements(facts, law)
        return tuple(wait for wait in technical if wait.revision == latest.number)
    return (
        *_technical_acknowledgements(facts, law),
        *_acknowledgements(facts, law),
        *_payments(facts, latest, law),
    )


def _technical_acknowledgements(facts: Facts, law: Law) -> Iterator[Wait]:
    acknowledged = {item.revision for item in facts.known_answers() if item.kind == "technical"}
    for deposit in facts.known_deposits():
        due = technical_acknowledgement_due(deposit.prepared_at, law)
        over = deposit.revision in acknowledged or _answered(deposit.revision, facts)
        yield Wait("technical-acknowledgement", deposit.revision, deposit.prepared_at, due, over)


def _acknowledgements(facts: Facts, law: Law) -> Iterator[Wait]:
    for answer in facts.known_answers():
        if answer.kind == "technical" and answer.verdict == "received":
            due = acknowledgement_due(answer.answered_at, law)
            over = _answered(answer.revision, facts)
            yield Wait("acknowledgement", answer.revision, answer.answered_at, due, over)


def _answered(revision: int, facts: Facts) -> bool:
    """A business answer to a later revision answers the earlier ones too."""
    return any(
        answer.kind == "business" and answer.revision >= revision
        for answer in facts.known_answers()
    )


def _payments(facts: Facts, latest: Revision, law: Law) -> Iterator[Wait]:
    """Each accepted revision that adds days due awaits a payment of at least one of them."""
    due_now = _days(latest, law)
    paid = {
        day
        for credit in facts.credits
        if not credit.undone
        for run in credit.payment.periods
        for day in run
    }
    earlier: set[date] = set()
    for revision in sorted(facts.revisions, key=lambda revision: revision.number):
        accepted_at = _accepted_at(revision, facts)
        if accepted_at is None:
            continue
        days = _days(revision, law)
        awaited = (days - earlier) & due_now
        earlier |= days
        if awaited:
            due = payment_due(min(awaited), accepted_at, law)
            over = not awaited.isdisjoint(paid)
            yield Wait("payment", revision.number, accepted_at, due, over)


def _days(revision: Revision, law: Law) -> set[date]:
    try:
        return set(due_days(revision, law) or ())
    except NotCovered:
        return set()


def _accepted_at(revision: Revision, facts: Facts) -> datetime | None:
    """None unless the revision stands accepted, and no later correction of it was refused."""
    corrections = [
        later.number
        for later in facts.revisions
        if later.number > revision.number and later.change == "correction"
    ]
    if standing_of(revision.number, facts) != "accepted" or any(
        standing_of(number, facts) == "refused" for number in corrections
    ):
        return None
    return min(
        answer.answered_at
        for answer in facts.known_answers()
        if answer.revision == revision.number and answer.verdict == "accepted"
    )
