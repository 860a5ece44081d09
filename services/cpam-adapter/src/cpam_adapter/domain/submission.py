"""The life of one submission: a table of states and facts, read by every flow and by its test.

Filing comes first (was the deposit taken?), the CPAM's business answers later, in `answers.py`. A
state that is not in `DEFINITIVE` holds back the next revision of the same declaration.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    READY = "READY"
    """Frozen and waiting to be sent."""
    INTENT = "INTENT"
    """One process holds the lease and may be sending."""
    UNKNOWN = "UNKNOWN"
    """Sent perhaps; to be asked, never sent again meanwhile."""
    HUMAN = "HUMAN"
    """A person must look; nothing is sent."""
    REJECTED_FORM = "REJECTED_FORM"
    """The deposit was refused as a form: nothing is filed for this revision."""
    DEPOSITED = "DEPOSITED"
    """Filed, with the CPAM's reference."""
    IN_PROGRESS = "IN_PROGRESS"
    DOCUMENTS_REQUESTED = "DOCUMENTS_REQUESTED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    CONFLICT = "CONFLICT"
    """Answers that contradict each other; a person must look."""


class Fact(StrEnum):
    CLAIMED = "claimed"
    NOT_TAKEN = "not-taken"
    """Proof that nothing was filed: not one byte out, or refused before reading."""
    DEPOSITED = "deposited"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    DISPUTED = "disputed"
    """The number is known to the CPAM with another content."""
    LEASE_OVER = "lease-over"
    FOUND = "found"
    MAY_RESEND = "may-resend"
    """Not found twice, settling apart; or the partner absorbs repeats (mode A)."""
    LIMIT = "limit"
    MAY_BE_FILED = "may-be-filed"
    """A restored database says READY, and may have forgotten that it was sent."""


NOT_FILED_YET = frozenset({State.READY, State.INTENT, State.UNKNOWN, State.HUMAN})
DEFINITIVE = frozenset(State) - NOT_FILED_YET

TRANSITIONS: Mapping[State, Mapping[Fact, State]] = MappingProxyType(
    {
        State.READY: {Fact.CLAIMED: State.INTENT, Fact.MAY_BE_FILED: State.UNKNOWN},
        State.INTENT: {
            Fact.NOT_TAKEN: State.READY,
            Fact.DEPOSITED: State.DEPOSITED,
            Fact.REFUSED: State.REJECTED_FORM,
            Fact.UNCLEAR: State.UNKNOWN,
            Fact.DISPUTED: State.HUMAN,
            Fact.LEASE_OVER: State.UNKNOWN,
        },
        State.UNKNOWN: {
            Fact.FOUND: State.DEPOSITED,
            Fact.MAY_RESEND: State.READY,
            Fact.DISPUTED: State.HUMAN,
            Fact.LIMIT: State.HUMAN,
        },
    }
)


def after(state: State, fact: Fact) -> State | None:
    """None: the fact does not concern a submission in this state, and changes nothing."""
    return TRANSITIONS.get(state, {}).get(fact)
