"""What an operator must look at: a row in the service's database and an event on `incidents.v1`.

An incident is known by service, kind and key; opening an open one changes nothing, so the code that
notices may notice again and again. `detail` holds ids, counts and codes, never content.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.events import IncidentClosed, IncidentOpened
from contracts.ids import incident_id
from sqlalchemy import text

from chassis import outbox
from chassis.clock import Clock
from chassis.db import Tx

TENANT = "jonction"
"""An incident concerns those who run the platform, not one of its customers."""

_OPEN = text(
    """
    insert into incident as known (id, kind, key, detail, opened_at)
    values (:id, :kind, :key, cast(:detail as jsonb), :at)
    on conflict (id) do update
        set detail = excluded.detail, opened_at = excluded.opened_at, closed_at = null
        where known.closed_at is not null
    returning id
    """
)
_CLOSE = text(
    "update incident set closed_at = :at where id = :id and closed_at is null returning detail"
)
_LIST = text(
    """
    select id, kind, key, detail, opened_at, closed_at from incident
    where closed_at is null or not :only_open order by opened_at desc limit :limit
    """
)


async def open_incident(  # noqa: PLR0917 (an incident is these five facts)
    tx: Tx, service: str, kind: str, key: str, detail: Mapping[str, str], at: datetime
) -> bool:
    """False if it was open already."""
    identity = incident_id(service, kind, key)
    values = {"id": identity, "kind": kind, "key": key, "at": at}
    opened = await tx.execute(_OPEN, values | {"detail": json.dumps(dict(detail))})
    if opened.first() is None:
        return False
    event = IncidentOpened(
        incident_id=identity, service=service, kind=kind, key=key, detail=dict(detail), at=at
    )
    await outbox.add(tx, event, stream=identity, tenant=TENANT, at=at)
    return True


async def close_incident(tx: Tx, service: str, kind: str, key: str, at: datetime) -> bool:
    """False if none was open."""
    identity = incident_id(service, kind, key)
    closed = (await tx.execute(_CLOSE, {"id": identity, "at": at})).first()
    if closed is None:
        return False
    event = IncidentClosed(
        incident_id=identity, service=service, kind=kind, key=key, detail=closed.detail, at=at
    )
    await outbox.add(tx, event, stream=identity, tenant=TENANT, at=at)
    return True


async def list_incidents(
    tx: Tx, *, only_open: bool = True, limit: int = 100
) -> list[dict[str, Any]]:
    found = await tx.execute(_LIST, {"only_open": only_open, "limit": limit})
    return [dict(row) for row in found.mappings()]


class Incidents:
    """The incidents of one service, stamped by its clock."""

    def __init__(self, service: str, clock: Clock) -> None:
        self._service, self._clock = service, clock

    async def open(self, tx: Tx, kind: str, key: str, detail: Mapping[str, str]) -> bool:
        return await open_incident(tx, self._service, kind, key, detail, self._clock.now())

    async def close(self, tx: Tx, kind: str, key: str) -> bool:
        return await close_incident(tx, self._service, kind, key, self._clock.now())
