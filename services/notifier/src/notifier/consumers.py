"""Door: Kafka in. Which events open and end alerts; every other type only advances the position."""

from chassis.consumer import Subscription
from chassis.db import Tx
from contracts.envelope import Event
from contracts.events import (
    CaseGapClosed,
    CaseGapFound,
    CaseOverdue,
    CaseOverdueEnded,
    IncidentClosed,
    IncidentOpened,
)
from contracts.topics import NOTIFIER

from notifier.domain import opening
from notifier.flows.open_alert import open_alert
from notifier.flows.resolve_alert import resolve_alert
from notifier.partner.letters import Letters


def table(letters: Letters) -> list[Subscription]:
    async def overdue(tx: Tx, event: Event, data: CaseOverdue) -> None:
        await open_alert(tx, opening.overdue(event.tenant, data), letters)

    async def overdue_ended(tx: Tx, event: Event, data: CaseOverdueEnded) -> None:
        await resolve_alert(tx, opening.overdue_ended(event.tenant, data), letters)

    async def gap_found(tx: Tx, event: Event, data: CaseGapFound) -> None:
        await open_alert(tx, opening.gap(event.tenant, event.id, data), letters)

    async def gap_closed(tx: Tx, event: Event, data: CaseGapClosed) -> None:
        await resolve_alert(tx, opening.gap_closed(event.tenant, data), letters)

    async def incident_opened(tx: Tx, event: Event, data: IncidentOpened) -> None:
        # Our own are read from our own table, which works even when our consumer has stopped.
        if data.service != NOTIFIER:
            await open_alert(tx, opening.incident(event.tenant, data), letters)

    async def incident_closed(tx: Tx, event: Event, data: IncidentClosed) -> None:
        if data.service != NOTIFIER:
            await resolve_alert(tx, opening.incident_closed(event.tenant, data), letters)

    return [
        Subscription(CaseOverdue, overdue),
        Subscription(CaseOverdueEnded, overdue_ended),
        Subscription(CaseGapFound, gap_found),
        Subscription(CaseGapClosed, gap_closed),
        Subscription(IncidentOpened, incident_opened),
        Subscription(IncidentClosed, incident_closed),
    ]
