"""What an operator must look at: a row in the service's database and an event on `incidents.v1`.

An incident is known by service, kind and key; opening an open one changes nothing, so the code that
notices may notice again and again. `detail` holds ids, counts and codes, never content.
"""

import json
from collections.abc import Mapping, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import Incident, IncidentClosed, IncidentOpened
from contracts.ids import incident_id
from sqlalchemy import text

from chassis import acts, outbox
from chassis.clock import Clock
from chassis.db import Tx
from chassis.errors import Refused
from chassis.logs import scrub

ENDS_BY_ITSELF = frozenset(
    {
        "another-log",
        "partitions-changed",
        "too-many-held",
        "event-held",
        "event-early",
        "event-unreadable",
    }
)
"""Closed by what puts an end to them: a rebase, an event that is applied or skipped. A service may
have kinds of its own that are."""
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
_FIND = text("select kind, key, detail, closed_at from incident where id = :id for update")
_NOTE = text("update incident set detail = cast(:detail as jsonb) where id = :id")
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
    """The incidents of one service, stamped by its clock. `ends_by_itself`: kinds of its own."""

    def __init__(self, service: str, clock: Clock, ends_by_itself: Set[str] = frozenset()) -> None:
        self._service, self._clock = service, clock
        self._ends_by_itself = ENDS_BY_ITSELF | ends_by_itself

    async def open(self, tx: Tx, kind: str, key: str, detail: Mapping[str, str]) -> bool:
        return await open_incident(tx, self._service, kind, key, detail, self._clock.now())

    async def close(self, tx: Tx, kind: str, key: str) -> bool:
        return await close_incident(tx, self._service, kind, key, self._clock.now())

    async def acknowledge(self, tx: Tx, identity: UUID, *, by: str, because: str) -> bool:
        """An operator's word that it is dealt with; False if it was closed already.

        Refused where the platform itself sees the end: it would be hidden while it goes on.
        """
        found = (await tx.execute(_FIND, {"id": identity})).one_or_none()
        if found is None:
            raise Refused("incident-unknown")
        if found.kind in self._ends_by_itself:
            raise Refused("incident-not-over")
        if found.closed_at is not None:
            return False
        noted = found.detail | {"closed_by": by, "because": scrub(because)}
        await tx.execute(_NOTE, {"id": identity, "detail": json.dumps(noted)})
        await acts.record(tx, "incident-close", identity, {"closed": True}, by=by, because=because)
        return await self.close(tx, found.kind, found.key)

    async def remember(self, tx: Tx, event: Event, data: Incident) -> None:
        """A reaction to our own event of a time that a restored database has lost: known again, not
        told again. What ends with an event that waited: perhaps it will not have to wait again."""
        if data.kind in ENDS_BY_ITSELF:
            return
        values = {"id": data.incident_id, "at": data.at}
        if isinstance(data, IncidentClosed):
            await tx.execute(_CLOSE, values)
        else:
            names = {"kind": data.kind, "key": data.key, "detail": json.dumps(data.detail)}
            await tx.execute(_OPEN, values | names)
