"""What every service shows to operators: its held events and its incidents. Ids and codes only."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chassis.access import Caller, require
from chassis.db import Database
from chassis.held import list_held
from chassis.incidents import list_incidents

Operator = Annotated[Caller, require("operator")]


def operations_router(db: Database) -> APIRouter:
    router = APIRouter(prefix="/v1/operations", tags=["operations"])

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

    return router
