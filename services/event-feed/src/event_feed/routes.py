"""Door: HTTP in. A reader pulls its feed by cursor, and reads what the feed may contain."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from chassis.access import Caller, require
from chassis.db import Database
from chassis.directory import Directory, Reader
from chassis.errors import Refused
from chassis.sealing import Sealer
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel

from event_feed.domain.catalogue import describe
from event_feed.domain.visibility import ReaderKind, Visibility
from event_feed.flows.read_feed import read_feed

router = APIRouter(prefix="/v1")

Reading = Annotated[Caller, require("insurer", "hris")]


class FeedItemView(BaseModel):
    """`subject` is the stream of the event; `data` is as the catalogue says for `type`."""

    position: int
    id: UUID
    type: str
    subject: UUID
    declaration_id: UUID
    time: AwareDatetime
    data: dict[str, Any]


class FeedPage(BaseModel):
    """`next` is always there: asked with it, the feed goes on where this page ended."""

    items: list[FeedItemView]
    next: str
    more: bool


class TypeView(BaseModel):
    """`data_schema` is the JSON Schema of `data` in an item of this type."""

    type: str
    data_schema: dict[str, Any]


class CatalogueView(BaseModel):
    reader_kind: ReaderKind
    types: list[TypeView]


@router.get("/feed")
async def get_feed(
    request: Request,
    caller: Reading,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    wait: Annotated[float, Query(ge=0, le=20)] = 0,
) -> FeedPage:
    """The entries after `cursor`, from the beginning without one. `wait`: seconds of long poll."""
    state = request.app.state
    db: Database = state.db
    sealer: Sealer = state.sealer
    stopping: asyncio.Event | None = getattr(state, "stopping", None)
    page = await read_feed(
        db.begin,
        _reader(request, caller),
        sealer=sealer,
        visibility=state.visibility,
        given=cursor,
        limit=limit,
        wait_seconds=wait,
        stopping=stopping,
    )
    return FeedPage.model_validate(page, from_attributes=True)


@router.get("/feed/catalogue")
async def get_catalogue(request: Request, caller: Reading) -> CatalogueView:
    """Every type in the caller's feed with the JSON Schema of its data."""
    visibility: Visibility = request.app.state.visibility
    kind = _reader(request, caller).kind
    types = [TypeView(type=type, data_schema=schema) for type, schema in describe(visibility, kind)]
    return CatalogueView(reader_kind=kind, types=types)


def _reader(request: Request, caller: Caller) -> Reader:
    directory: Directory = request.app.state.directory
    reader = directory.reader(caller.reader) if caller.reader else None
    if reader is None:
        raise Refused("no-feed")
    return reader
