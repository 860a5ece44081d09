"""The life of a fetched slip as a table; a state changes nowhere else.

The final writes in `store.slips` name the state they expect, so that a second reader of the same
slip changes nothing.
"""

from typing import Literal

SlipState = Literal["fetched", "read", "ignored", "quarantined"]
SlipEvent = Literal["accepted", "found-again", "refused", "put-back"]

TRANSITIONS: dict[tuple[SlipState, SlipEvent], SlipState] = {
    ("fetched", "accepted"): "read",
    ("fetched", "found-again"): "ignored",
    ("fetched", "refused"): "quarantined",
    # After a correction of our reader, an operator has the kept bytes read again.
    ("quarantined", "put-back"): "fetched",
}
