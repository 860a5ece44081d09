"""Our own incidents as the chassis keeps them in this database, read beside Kafka."""

from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.incidents import TENANT
from contracts.topics import NOTIFIER
from sqlalchemy import select
from sqlalchemy.engine import Row

from notifier.domain.alert import Alert, Ending, Trouble, alert_id, episode
from notifier.store.tables import alert, metadata

_incident = metadata.tables["incident"]


async def list_open(tx: Tx) -> list[Alert]:
    query = select(_incident).where(_incident.c.closed_at.is_(None))
    return [_alert(row) for row in await tx.execute(query.order_by(_incident.c.opened_at))]


async def list_endings(tx: Tx) -> list[Ending]:
    """Incidents that are closed while their alert is open."""
    query = (
        select(_incident.c.id, _incident.c.closed_at)
        .join(alert, alert.c.cause == _incident.c.id)
        .where(
            _incident.c.closed_at.is_not(None),
            alert.c.tenant == TENANT,
            alert.c.resolved_at.is_(None),
        )
    )
    return [
        Ending(TENANT, cause, closed_at, "incident-closed")
        for cause, closed_at in await tx.execute(query)
    ]


def _alert(row: Row[Any]) -> Alert:
    identity: UUID = row.id
    return Alert(
        alert_id=alert_id(episode(identity, row.opened_at)),
        tenant=TENANT,
        kind="incident",
        cause=identity,
        opened_at=row.opened_at,
        facts=Trouble(
            incident_id=identity, service=NOTIFIER, kind=row.kind, key=row.key, detail=row.detail
        ),
    )
