"""Door: Kafka in. Which events are facts of a case; every other type only advances the position."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.consumer import Subscription
from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import (
    Declaration,
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    DeclarationSubmitted,
    ReturnDeclared,
    StatementReceived,
    SubmissionAcknowledged,
    SubmissionAnswered,
    SubmissionPrepared,
    SubmissionRefused,
)

from matcher.flows.record_answer import Given, record_answer
from matcher.flows.record_declaration import record_declaration
from matcher.flows.record_deposit import record_deposit
from matcher.flows.record_statement import record_statement
from matcher.store import locks
from matcher.store.ledger import Ledger


def table(ledger: Ledger, clock: Clock) -> list[Subscription]:
    async def declared(tx: Tx, event: Event, data: Declaration) -> None:
        await record_declaration(tx, event, data, ledger, clock.now())

    async def prepared(tx: Tx, event: Event, data: SubmissionPrepared) -> None:
        await record_deposit(tx, event, data, ledger, clock.now())

    async def answered(tx: Tx, event: Event, data: Given) -> None:
        await record_answer(tx, event, data, ledger, clock.now())

    async def ahead(tx: Tx, events: Sequence[Event]) -> None:
        await locks.lock_all(tx, events, clock.now())

    async def paid(tx: Tx, event: Event, data: StatementReceived) -> None:
        await record_statement(tx, event, data, ledger, clock.now())

    return [
        Subscription(DeclarationSubmitted, declared, ahead),
        Subscription(DeclarationProlonged, declared, ahead),
        Subscription(DeclarationCorrected, declared, ahead),
        Subscription(ReturnDeclared, declared, ahead),
        Subscription(DeclarationCancelled, declared, ahead),
        Subscription(SubmissionPrepared, prepared, ahead),
        Subscription(SubmissionAcknowledged, answered, ahead),
        Subscription(SubmissionRefused, answered, ahead),
        Subscription(SubmissionAnswered, answered, ahead),
        Subscription(StatementReceived, paid, ahead),
    ]
