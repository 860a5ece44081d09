"""Which alert a fact opens, and which cause it ends: from an event's data to our words."""

from uuid import UUID

from contracts.events import (
    CaseGapClosed,
    CaseGapFound,
    CaseOverdue,
    CaseOverdueEnded,
    IncidentClosed,
    IncidentOpened,
)

from notifier.domain.alert import (
    OVERDUE_KINDS,
    Alert,
    Ending,
    Gap,
    Overdue,
    Subject,
    Trouble,
    alert_id,
    episode,
)


def overdue(tenant: str, data: CaseOverdue) -> Alert:
    facts = Overdue(
        awaited=data.awaited,
        revision=data.awaited_revision,
        since=data.since,
        due_at=data.due_at,
        missed_at=data.missed_at,
    )
    return Alert(
        alert_id=alert_id(data.overdue_id),
        tenant=tenant,
        kind=OVERDUE_KINDS[data.awaited],
        cause=data.overdue_id,
        opened_at=data.missed_at,
        facts=facts,
        subject=Subject(data.case_id, data.declaration_id, data.siret.value),
    )


def gap(tenant: str, event_id: UUID, data: CaseGapFound) -> Alert:
    """A gap may close and open again, hence one alert for each event that opens it."""
    facts = Gap(
        gap=data.gap,
        expected_net=None if data.expected is None else data.expected.net,
        received_net=data.received.net,
    )
    return Alert(
        alert_id=alert_id(event_id),
        tenant=tenant,
        kind="payment-gap",
        cause=data.case_id,
        opened_at=data.found_at,
        facts=facts,
        subject=Subject(data.case_id, data.declaration_id, data.siret.value),
    )


def incident(tenant: str, data: IncidentOpened) -> Alert:
    facts = Trouble(
        incident_id=data.incident_id,
        service=data.service,
        kind=data.kind,
        key=data.key,
        detail=data.detail,
    )
    return Alert(
        alert_id=alert_id(episode(data.incident_id, data.at)),
        tenant=tenant,
        kind="incident",
        cause=data.incident_id,
        opened_at=data.at,
        facts=facts,
    )


def overdue_ended(tenant: str, data: CaseOverdueEnded) -> Ending:
    return Ending(tenant, data.overdue_id, data.ended_at, data.reason)


def gap_closed(tenant: str, data: CaseGapClosed) -> Ending:
    return Ending(tenant, data.case_id, data.closed_at, "gap-closed")


def incident_closed(tenant: str, data: IncidentClosed) -> Ending:
    return Ending(tenant, data.incident_id, data.at, "incident-closed")
