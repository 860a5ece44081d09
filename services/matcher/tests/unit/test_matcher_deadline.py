"""The life of a deadline cell by cell, and what a change of the waits does to it."""

from datetime import UTC, datetime, timedelta

import pytest
from matcher.domain.deadline import (
    DEADLINE_EVENTS,
    DEADLINE_STATES,
    DEADLINES,
    Deadline,
    reconcile,
)
from matcher.domain.delays import Due
from matcher.domain.waits import Wait

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DUE = Due(START + timedelta(hours=1), "rule@2019-01-01")
LATER = DUE.at + timedelta(minutes=5)


def wait(over=False, due=DUE):
    return Wait("technical-acknowledgement", 1, START, due, over)


def held(state, **changes):
    return Deadline("technical-acknowledgement", 1, START, DUE, state, **changes)


@pytest.mark.parametrize("state", DEADLINE_STATES)
@pytest.mark.parametrize("event", DEADLINE_EVENTS)
def test_each_cell_of_a_deadline_does_what_its_rule_says(state, event):
    after = DEADLINES[state][event]
    if state == "ended":
        assert after == "ended"
    elif state == "missed":
        assert after == ("ended" if event in ("came", "no-longer-awaited") else "missed")
    elif event == "came":
        assert after == "met"
    elif event == "fell-due":
        assert after == ("missed" if state == "pending" else state)
    elif event == "awaited":
        assert after == "pending"
    else:
        assert after == ("dropped" if state == "pending" else state)


def test_the_table_of_deadlines_is_total():
    assert set(DEADLINES) == set(DEADLINE_STATES)
    assert all(set(row) == set(DEADLINE_EVENTS) for row in DEADLINES.values())


def test_a_new_wait_is_pending_and_one_that_is_over_is_met():
    (new,) = reconcile([], [wait()], START, due_by=None)
    assert new.state == "pending"
    (met,) = reconcile([], [wait(over=True)], START, due_by=None)
    assert met.state == "met"


def test_only_the_clock_makes_a_deadline_fall_due():
    pending = held("pending")
    assert reconcile([pending], [wait()], LATER, due_by=None) == []
    assert reconcile([pending], [wait()], START, due_by=DUE.at - timedelta(seconds=1)) == []
    (missed,) = reconcile([pending], [wait()], LATER, due_by=LATER)
    assert (missed.state, missed.missed_at) == ("missed", LATER)


def test_what_came_in_time_is_not_missed_however_late_the_clock_looks():
    (met,) = reconcile([held("pending")], [wait(over=True)], LATER, due_by=LATER)
    assert met.state == "met"


def test_lateness_ends_once_with_its_reason():
    missed = held("missed", missed_at=DUE.at)
    (came,) = reconcile([missed], [wait(over=True)], LATER, due_by=None)
    assert (came.state, came.ended_at, came.reason) == ("ended", LATER, "came")
    (gone,) = reconcile([missed], [], LATER, due_by=None)
    assert gone.reason == "no-longer-awaited"
    assert reconcile([came], [wait()], LATER, due_by=LATER) == []


def test_a_moved_due_instant_replaces_a_pending_one_and_not_a_told_one():
    moved = Due(DUE.at + timedelta(days=1), "rule@2019-01-01")
    (after,) = reconcile([held("pending")], [wait(due=moved)], START, due_by=None)
    assert after.due == moved
    assert reconcile([held("missed", missed_at=LATER)], [wait(due=moved)], LATER, due_by=None) == []
