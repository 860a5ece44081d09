"""The table of states, cell by cell, against one written by hand."""

import pytest
from cpam_adapter.domain.submission import DEFINITIVE, Fact, State, after

# Rows are states, columns are facts in the order of HEAD; "." changes nothing.
HEAD = (
    "claimed not-taken deposited refused unclear disputed lease-over found may-resend limit"
    " may-be-filed"
)
TABLE = """
READY                INTENT . . . . . . . . . UNKNOWN
INTENT               . READY DEPOSITED REJECTED_FORM UNKNOWN HUMAN UNKNOWN . . . .
UNKNOWN              . . . . . HUMAN . DEPOSITED READY HUMAN .
HUMAN                . . . . . . . . . . .
REJECTED_FORM        . . . . . . . . . . .
DEPOSITED            . . . . . . . . . . .
IN_PROGRESS          . . . . . . . . . . .
DOCUMENTS_REQUESTED  . . . . . . . . . . .
ACCEPTED             . . . . . . . . . . .
REJECTED             . . . . . . . . . . .
CONFLICT             . . . . . . . . . . .
"""
CELLS = [
    (State(row.split()[0]), Fact(fact), cell)
    for row in TABLE.strip().splitlines()
    for fact, cell in zip(HEAD.split(), row.split()[1:], strict=True)
]


@pytest.mark.parametrize(("state", "fact", "cell"), CELLS)
def test_each_cell_leads_where_the_hand_written_table_says(state, fact, cell):
    assert after(state, fact) == (None if cell == "." else State(cell))


def test_the_hand_written_table_is_whole():
    assert {(state, fact) for state, fact, _ in CELLS} == {(s, f) for s in State for f in Fact}


def test_a_sending_of_unknown_outcome_never_becomes_ready_by_itself():
    leads_to_ready = {(s, f) for s in State for f in Fact if after(s, f) is State.READY}
    assert leads_to_ready == {
        (State.INTENT, Fact.NOT_TAKEN),
        (State.UNKNOWN, Fact.MAY_RESEND),
    }


def test_only_what_is_decided_lets_the_next_revision_go():
    assert set(State) - DEFINITIVE == {State.READY, State.INTENT, State.UNKNOWN, State.HUMAN}
