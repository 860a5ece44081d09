"""Door: Kafka in. Which event leads to which flow; types that are not named here change nothing."""

from chassis.consumer import Subscription
from contracts.events import (
    BY_TYPE,
    Case,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionRefused,
)

from declaration_gateway.flows.record_answer import record_answer
from declaration_gateway.flows.record_case import record_case


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
