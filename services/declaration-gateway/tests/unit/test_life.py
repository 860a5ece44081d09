from typing import get_args

import pytest
from chassis.errors import Refused
from contracts.events import Change
from declaration_gateway.domain.life import STATES, TRANSITIONS, State, step

CHANGES = [change for change in get_args(Change) if change != "initial"]
EXPECTED: dict[str, dict[str, str]] = {
    "declared": {
        "prolongation": "declared",
        "correction": "declared",
        "return-to-work": "returned",
        "cancellation": "cancelled",
    },
    "returned": {
        "prolongation": "refused already-returned",
        "correction": "returned",
        "return-to-work": "returned",
        "cancellation": "cancelled",
    },
    "cancelled": dict.fromkeys(CHANGES, "refused declaration-cancelled"),
}


def test_every_state_has_an_entry_for_every_change() -> None:
    assert set(TRANSITIONS) == {(state, change) for state in STATES for change in CHANGES}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("change", CHANGES)
def test_each_cell_of_the_life_leads_where_it_should(state: State, change: Change) -> None:
    try:
        reached: str = step(state, change)
    except Refused as refused:
        reached = f"refused {refused.code}"
    assert reached == EXPECTED[state][change]
