"""Door: Kafka in. Every change of a declaration becomes a submission to prepare."""

from collections.abc import Sequence
from functools import partial

from chassis.clock import Clock
from chassis.consumer import Subscription
from chassis.directory import Directory
from chassis.incidents import Incidents
from chassis.sealing import Sealer
from contracts.events import (
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    DeclarationSubmitted,
    ReturnDeclared,
)

from cpam_adapter.flows.prepare_submission import prepare_submission
from cpam_adapter.partner.contract import Contract


def table(
    contract: Contract,
    sealer: Sealer,
    directory: Directory,
    incidents: Incidents,
    clock: Clock,
) -> Sequence[Subscription]:
    prepare = partial(
        prepare_submission,
        contract=contract,
        sealer=sealer,
        directory=directory,
        incidents=incidents,
        clock=clock,
    )
    return [
        Subscription(DeclarationSubmitted, prepare),
        Subscription(DeclarationProlonged, prepare),
        Subscription(DeclarationCorrected, prepare),
        Subscription(ReturnDeclared, prepare),
        Subscription(DeclarationCancelled, prepare),
    ]
