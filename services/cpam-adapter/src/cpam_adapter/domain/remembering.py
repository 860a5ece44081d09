"""What a restored adapter learns from its own events: it told only what it knew.

The events of the time that the database has lost are still in the log. Read in order, each moves
the submission as the fact behind it once did.
"""

from typing import Any

from contracts.events import (
    Submission,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionDoubtful,
    SubmissionRefused,
)

from cpam_adapter.domain.answers import effect
from cpam_adapter.domain.submission import NOT_FILED_YET, State


def remembered(state: State, told: Submission) -> dict[str, Any]:
    """The values that change in the submission's row; empty for what was only prepared."""
    match told:
        case SubmissionAcknowledged():
            proof = {"reference": told.reference, "deposited_at": told.deposited_at}
            return proof | ({"state": State.DEPOSITED} if state in NOT_FILED_YET else {})
        case SubmissionRefused() if state in NOT_FILED_YET:
            return {
                "state": State.REJECTED_FORM,
                "refusal_code": told.code,
                "refusal_label": told.label,
                "refused_at": told.refused_at,
            }
        case SubmissionAnswered(verdict=verdict) if verdict != "received":
            filed = State.DEPOSITED if state in NOT_FILED_YET else state
            reached = effect(filed, verdict)
            moved = {"state": reached} if isinstance(reached, State) else {}
            return moved | {"last_answer_at": told.answered_at}
        case SubmissionDoubtful():
            aside = State.HUMAN if state in NOT_FILED_YET else State.CONFLICT
            return {"state": aside, "reason": told.reason}
        case _:
            return {}
