"""The life of a declaration at the gateway: a table of state and change, walked by a test.

What the CPAM answers does not move it: that is the case's life, in the matcher.
"""

from typing import Literal

from chassis.errors import Refused
from contracts.events import Change, Declaration

State = Literal["declared", "returned", "cancelled"]

# A refusal's code stands where a change leads nowhere.
TRANSITIONS: dict[tuple[State, Change], State | str] = {
    ("declared", "prolongation"): "declared",
    ("declared", "correction"): "declared",
    ("declared", "return-to-work"): "returned",
    ("declared", "cancellation"): "cancelled",
    ("returned", "prolongation"): "already-returned",
    ("returned", "correction"): "returned",
    ("returned", "return-to-work"): "returned",
    ("returned", "cancellation"): "cancelled",
    ("cancelled", "prolongation"): "declaration-cancelled",
    ("cancelled", "correction"): "declaration-cancelled",
    ("cancelled", "return-to-work"): "declaration-cancelled",
    ("cancelled", "cancellation"): "declaration-cancelled",
}

STATES: tuple[State, ...] = ("declared", "returned", "cancelled")


def step(state: State, change: Change) -> State:
    """The state after `change`; raises Refused where the table has a refusal."""
    found = TRANSITIONS[state, change]
    for known in STATES:
        if found == known:
            return known
    raise Refused(found, field="change")


def told(said: Declaration) -> State:
    """The state of a declaration that is as this event says."""
    if said.cancelled:
        return "cancelled"
    return "declared" if said.returned_on is None else "returned"
