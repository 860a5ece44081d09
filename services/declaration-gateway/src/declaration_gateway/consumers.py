"""Door: Kafka in. Which event leads to which flow; types that are not named here change nothing."""

from chassis.consumer import Subscription
from chassis.restoring import Recall
from contracts.events import (
    BY_TYPE,
    Case,
    Declaration,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionRefused,
)

from declaration_gateway.flows.record_answer import record_answer
from declaration_gateway.flows.record_case import record_case
from declaration_gateway.flows.remember_declaration import remember_declaration


def table() -> list[Subscription]:
    return [
        Subscription(SubmissionAcknowledged, record_answer),
        Subscription(SubmissionRefused, record_answer),
        Subscription(SubmissionAnswered, record_answer),
        *(
            Subscription(model, record_case)
            for model in BY_TYPE.values()
            if issubclass(model, Case)
        ),
    ]


def recall() -> Recall:
    """After a restore: our own events of the lost time."""
    own = [model for model in BY_TYPE.values() if issubclass(model, Declaration)]
    return Recall([Subscription(model, remember_declaration) for model in own])
