"""What the CPAM's answers amount to: a table of transitions, walked in business order.

A confirmation of treatment or a technical acknowledgement never undoes a decision; of decisions and
requests for documents the later one counts. A corrected declaration starts anew after a refusal.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from contracts.events import Verdict

from matcher.domain.facts import Answer, Facts

Standing = Literal[
    "declared", "received", "in-progress", "documents-requested", "accepted", "refused"
]
Step = Verdict | Literal["corrected"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
STEPS: tuple[Step, ...] = (*get_args(Verdict), "corrected")

TRANSITIONS: Mapping[Standing, Mapping[Step, Standing]] = {
    "declared": {
        "received": "received",
        "in-progress": "in-progress",
        "documents-requested": "documents-requested",
        "accepted": "accepted",
        "rejected": "refused",
        "corrected": "declared",
    },
    "received": {
        "received": "received",
        "in-progress": "in-progress",
        "documents-requested": "documents-requested",
        "accepted": "accepted",
        "rejected": "refused",
        "corrected": "received",
    },
    "in-progress": {
        "received": "in-progress",
        "in-progress": "in-progress",
        "documents-requested": "documents-requested",
        "accepted": "accepted",
        "rejected": "refused",
        "corrected": "in-progress",
    },
    "documents-requested": {
        "received": "documents-requested",
        "in-progress": "in-progress",
        "documents-requested": "documents-requested",
        "accepted": "accepted",
        "rejected": "refused",
        "corrected": "documents-requested",
    },
    "accepted": {
        "received": "accepted",
        "in-progress": "accepted",
        "documents-requested": "documents-requested",
        "accepted": "accepted",
        "rejected": "refused",
        "corrected": "accepted",
    },
    "refused": {
        "received": "refused",
        "in-progress": "refused",
        "documents-requested": "documents-requested",
        "accepted": "accepted",
        "rejected": "refused",
        "corrected": "declared",
    },
}


def standing(facts: Facts) -> Standing:
    """Revision by revision, each with its answers by date."""
    answers = facts.known_answers()
    now: Standing = "declared"
    for revision in sorted(facts.revisions, key=lambda revision: revision.number):
        if revision.change == "correction":
            now = TRANSITIONS[now]["corrected"]
        now = _walked(now, (each for each in answers if each.revision == revision.number))
    return now


def standing_of(revision: int, facts: Facts) -> Standing:
    """Of one revision alone."""
    answers = facts.known_answers()
    return _walked("declared", (each for each in answers if each.revision == revision))


def _walked(now: Standing, answers: Iterable[Answer]) -> Standing:
    for answer in answers:
        now = TRANSITIONS[now][answer.verdict]
    return now
