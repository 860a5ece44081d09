"""What every service shows to operators, and lets them do: its held events and its incidents.

Ids and codes only. An act is recorded with the client that asked for it; one that is asked for
again is answered again and done once.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from chassis import acts, release
from chassis.access import Caller, require
from chassis.applying import Applier
from chassis.db import Database
from chassis.errors import Refused
from chassis.held import list_held
from chassis.incidents import Incidents, list_incidents

Operator = Annotated[Caller, require("operator")]
_NEWEST = 2**62


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    because: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


def operations_router(db: Database, incidents: Incidents, applier: Applier | None) -> APIRouter:
    """`applier` is None where a service reads no topic: it holds nothing."""
    router = APIRouter(prefix="/v1/operations", tags=["operations"])
    _show(router, db)
    _close_incidents(router, db, incidents)
    if applier is not None:
        _release(router, applier)
    return router


def _show(router: APIRouter, db: Database) -> None:
    @router.get("/held")
    async def held(
        caller: Operator,
        cursor: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Events that wait: early (their predecessor is not here yet), failed, or unreadable."""
        async with db.begin() as tx:
            items = await list_held(tx, after=cursor, limit=limit)
        return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}

    @router.get("/incidents")
    async def incidents(caller: Operator, only_open: bool = True) -> dict[str, Any]:
        async with db.begin() as tx:
            items = await list_incidents(tx, only_open=only_open)
        return {"items": items, "next": None}

    @router.get("/acts")
    async def done(
        caller: Operator,
        cursor: Annotated[int, Query(ge=0)] = _NEWEST,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """What operators did, newest first."""
        async with db.begin() as tx:
            items = await acts.list_acts(tx, before=cursor, limit=limit)
        return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}


def _close_incidents(router: APIRouter, db: Database, incidents: Incidents) -> None:
    @router.post("/incidents/{identity}/close")
    async def close(caller: Operator, identity: UUID, why: Why) -> dict[str, Any]:
        """For what only a person can call dealt with, such as a contradicting event."""
        async with db.begin() as tx:
            await incidents.acknowledge(tx, identity, by=caller.client, because=why.because)
        return {"closed": True}


def _release(router: APIRouter, applier: Applier) -> None:
    @router.post("/held/{held_id}/retry")
    async def retry(caller: Operator, held_id: int) -> dict[str, Any]:
        """With all that is held of its stream, in order, up to the first that fails again."""
        try:
            return {"applied": await release.retry_held(applier, held_id, by=caller.client)}
        except Refused as gone:
            return await _done_before(release.RETRY, held_id, gone)

    @router.post("/held/{held_id}/skip")
    async def skip(caller: Operator, held_id: int, why: Why) -> dict[str, Any]:
        """Gives the event up for good; what waited behind it follows."""
        try:
            followed = await release.skip(applier, held_id, why.because, by=caller.client)
        except Refused as gone:
            return await _done_before(release.SKIP, held_id, gone)
        return {"followed": followed}

    async def _done_before(act: str, held_id: int, refused: Refused) -> dict[str, Any]:
        if refused.code != "held-unknown":
            raise refused
        async with applier.begin() as tx:
            outcome = await acts.find_outcome(tx, act, held_id)
        if outcome is None:
            raise refused
        return outcome
