"""What each business answer does in each state, cell by cell, against a table written by hand."""

import pytest
from cpam_adapter.domain.answers import VERDICTS, Special, effect
from cpam_adapter.domain.submission import State

HEAD = "in-progress documents-requested accepted rejected"
TABLE = """
READY                IN_PROGRESS DOCUMENTS_REQUESTED ACCEPTED REJECTED
INTENT               wait        wait                wait     wait
UNKNOWN              IN_PROGRESS DOCUMENTS_REQUESTED ACCEPTED REJECTED
HUMAN                IN_PROGRESS DOCUMENTS_REQUESTED ACCEPTED REJECTED
REJECTED_FORM        conflict    conflict            conflict conflict
DEPOSITED            IN_PROGRESS DOCUMENTS_REQUESTED ACCEPTED REJECTED
IN_PROGRESS          .           DOCUMENTS_REQUESTED ACCEPTED REJECTED
DOCUMENTS_REQUESTED  .           DOCUMENTS_REQUESTED ACCEPTED REJECTED
ACCEPTED             .           conflict            ACCEPTED conflict
REJECTED             .           conflict            conflict REJECTED
CONFLICT             .           .                   .        .
"""
CELLS = [
    (State(row.split()[0]), verdict, cell)
    for row in TABLE.strip().splitlines()
    for verdict, cell in zip(HEAD.split(), row.split()[1:], strict=True)
]


def meant(cell):
    if cell == ".":
        return None
    return Special(cell) if cell in ("wait", "conflict") else State(cell)


@pytest.mark.parametrize(("state", "verdict", "cell"), CELLS)
def test_each_cell_does_what_the_hand_written_table_says(state, verdict, cell):
    assert effect(state, verdict) == meant(cell)


def test_the_hand_written_table_is_whole():
    assert {(state, verdict) for state, verdict, _ in CELLS} == {
        (state, verdict) for state in State for verdict in VERDICTS
    }


@pytest.mark.parametrize("state", [state for state in State if state is not State.INTENT])
@pytest.mark.parametrize("verdict", ["in-progress", "documents-requested"])
def test_an_answer_older_than_one_already_applied_takes_no_step_back(state, verdict):
    assert effect(state, verdict, late=True) is None


def test_a_decision_counts_however_late_it_arrives():
    assert effect(State.DOCUMENTS_REQUESTED, "accepted", late=True) is State.ACCEPTED
    assert effect(State.ACCEPTED, "rejected", late=True) is Special.CONFLICT


def test_while_the_sending_is_not_over_every_answer_waits():
    assert effect(State.INTENT, "in-progress", late=True) is Special.WAIT
