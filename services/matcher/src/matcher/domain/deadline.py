"""The life of a deadline: one episode of lateness at most, however often it is looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from contracts.events import Awaited

from matcher.domain.delays import Due
from matcher.domain.waits import Wait

DeadlineState = Literal["pending", "met", "dropped", "missed", "ended"]
DeadlineEvent = Literal["came", "fell-due", "no-longer-awaited", "awaited"]
DEADLINE_STATES: tuple[DeadlineState, ...] = get_args(DeadlineState)
DEADLINE_EVENTS: tuple[DeadlineEvent, ...] = get_args(DeadlineEvent)

DEADLINES: Mapping[DeadlineState, Mapping[DeadlineEvent, DeadlineState]] = {
    "pending": {
        "came": "met",
        "fell-due": "missed",
        "no-longer-awaited": "dropped",
        "awaited": "pending",
    },
    "met": {
        "came": "met",
        "fell-due": "met",
        "no-longer-awaited": "met",
        # What had come was taken back, as a reversed payment is.
        "awaited": "pending",
    },
    "dropped": {
        "came": "met",
        "fell-due": "dropped",
        "no-longer-awaited": "dropped",
        "awaited": "pending",
    },
    "missed": {
        "came": "ended",
        "fell-due": "missed",
        "no-longer-awaited": "ended",
        "awaited": "missed",
    },
    "ended": {
        "came": "ended",
        "fell-due": "ended",
        "no-longer-awaited": "ended",
        "awaited": "ended",
    },
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """One a case, kind and revision; instants are business time."""

    awaited: Awaited
    revision: int
    since: datetime
    due: Due
    state: DeadlineState
    missed_at: datetime | None = None
    ended_at: datetime | None = None
    reason: DeadlineEvent | None = None

    @property
    def key(self) -> tuple[Awaited, int]:
        return (self.awaited, self.revision)


def reconcile(
    held: Iterable[Deadline], waits: Iterable[Wait], at: datetime, *, due_by: datetime | None
) -> list[Deadline]:
    """The deadlines that change. Only with `due_by` does one fall due: that is the clock's door."""
    wanted = {(wait.awaited, wait.revision): wait for wait in waits}
    known = {deadline.key: deadline for deadline in held}
    changed = []
    for key in sorted({*wanted, *known}):
        before = known.get(key)
        if key in wanted:
            after = _after(before, wanted[key], at)
        else:
            after = _moved(known[key], "no-longer-awaited", at)
        if after.state == "pending" and due_by is not None and after.due.at <= due_by:
            after = _moved(after, "fell-due", at)
        if after != before:
            changed.append(after)
    return changed


def _after(deadline: Deadline | None, wait: Wait, at: datetime) -> Deadline:
    if deadline is None:
        deadline = Deadline(wait.awaited, wait.revision, wait.since, wait.due, "pending")
    elif deadline.state not in ("missed", "ended"):
        # A lateness that was told keeps the instant that was told.
        deadline = replace(deadline, since=wait.since, due=wait.due)
    return _moved(deadline, "came" if wait.over else "awaited", at)


def _moved(deadline: Deadline, event: DeadlineEvent, at: datetime) -> Deadline:
    state = DEADLINES[deadline.state][event]
    if state == deadline.state:
        return deadline
    if state == "missed":
        return replace(deadline, state=state, missed_at=at)
    if state == "ended":
        return replace(deadline, state=state, ended_at=at, reason=event)
    return replace(deadline, state=state)
