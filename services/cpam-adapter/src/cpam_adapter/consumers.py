"""Door: Kafka in. Every change of a declaration becomes a submission to prepare; and after a
restore, our own events of the lost time are remembered.
"""

from collections.abc import Sequence
from functools import partial

from chassis.clock import Clock
from chassis.consumer import Subscription
from chassis.incidents import Incidents
from chassis.restoring import Recall
from contracts.events import (
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    DeclarationSubmitted,
    IncidentClosed,
    IncidentOpened,
    ReturnDeclared,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionDoubtful,
    SubmissionPrepared,
    SubmissionRefused,
)

from cpam_adapter.flows.hold_deposits import hold_deposits
from cpam_adapter.flows.prepare_submission import Preparing, prepare_submission
from cpam_adapter.flows.remember_submission import remember_submission


def table(preparing: Preparing) -> Sequence[Subscription]:
    prepare = partial(prepare_submission, preparing)
    return [
        Subscription(DeclarationSubmitted, prepare),
        Subscription(DeclarationProlonged, prepare),
        Subscription(DeclarationCorrected, prepare),
        Subscription(ReturnDeclared, prepare),
        Subscription(DeclarationCancelled, prepare),
    ]


def recall(clock: Clock, incidents: Incidents) -> Recall:
    remember = partial(remember_submission, clock)
    own = [
        Subscription(SubmissionPrepared, remember),
        Subscription(SubmissionAcknowledged, remember),
        Subscription(SubmissionRefused, remember),
        Subscription(SubmissionAnswered, remember),
        Subscription(SubmissionDoubtful, remember),
        Subscription(IncidentOpened, incidents.remember),
        Subscription(IncidentClosed, incidents.remember),
    ]
    return Recall(own, partial(hold_deposits, incidents))
