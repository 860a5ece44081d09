"""What a business answer does to a submission: a total table of state x verdict.

`None` stands for "kept, changes nothing"; WAIT for "looked at again when the sending is over". An
answer proves that the deposit was taken, so it also ends a doubt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from contracts.events import Period, Risk, Verdict

from cpam_adapter.domain.submission import State


class Special(Enum):
    WAIT = "wait"
    CONFLICT = "conflict"


Effect = State | Special | None

VERDICTS: tuple[Verdict, ...] = ("in-progress", "documents-requested", "accepted", "rejected")

_MOVES: Mapping[Verdict, Effect] = {
    "in-progress": State.IN_PROGRESS,
    "documents-requested": State.DOCUMENTS_REQUESTED,
    "accepted": State.ACCEPTED,
    "rejected": State.REJECTED,
}
_EFFECTS: Mapping[State, Mapping[Verdict, Effect]] = MappingProxyType(
    {
        State.READY: _MOVES,
        State.INTENT: dict.fromkeys(VERDICTS, Special.WAIT),
        State.UNKNOWN: _MOVES,
        State.HUMAN: _MOVES,
        State.REJECTED_FORM: dict.fromkeys(VERDICTS, Special.CONFLICT),
        State.DEPOSITED: _MOVES,
        State.IN_PROGRESS: {**_MOVES, "in-progress": None},
        State.DOCUMENTS_REQUESTED: {**_MOVES, "in-progress": None},
        State.ACCEPTED: {
            "in-progress": None,
            "documents-requested": Special.CONFLICT,
            "accepted": State.ACCEPTED,
            "rejected": Special.CONFLICT,
        },
        State.REJECTED: {
            "in-progress": None,
            "documents-requested": Special.CONFLICT,
            "accepted": Special.CONFLICT,
            "rejected": State.REJECTED,
        },
        State.CONFLICT: dict.fromkeys(VERDICTS, None),
    }
)


def effect(state: State, verdict: Verdict, *, late: bool = False) -> Effect:
    """`late`: an answer given before one that is already applied. It never takes a step back."""
    found = _EFFECTS[state][verdict]
    if late and verdict in ("in-progress", "documents-requested") and found is not Special.WAIT:
        return None
    return found


@dataclass(frozen=True, slots=True)
class Accepted:
    """Days and daily gross euros; absent where the caisse does not say."""

    risk: Risk
    first_payable_day: date
    accepted_until: date | None
    daily_gross: Decimal | None
    subrogation: Period | None
    claim_number: str | None
