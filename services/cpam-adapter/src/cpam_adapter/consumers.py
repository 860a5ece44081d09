"""Door: Kafka in. Every change of a declaration becomes a submission to prepare."""

from collections.abc import Sequence
from functools import partial

from chassis.consumer import Subscription
from contracts.events import (
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    DeclarationSubmitted,
    ReturnDeclared,
)

from cpam_adapter.flows.prepare_submission import Preparing, prepare_submission


def table(preparing: Preparing) -> Sequence[Subscription]:
    prepare = partial(prepare_submission, preparing)
    return [
        Subscription(DeclarationSubmitted, prepare),
        Subscription(DeclarationProlonged, prepare),
        Subscription(DeclarationCorrected, prepare),
        Subscription(ReturnDeclared, prepare),
        Subscription(DeclarationCancelled, prepare),
    ]
