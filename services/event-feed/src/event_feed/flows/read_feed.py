"""Reads one reader's next entries and opens the sealed fields that it may see, at this moment only.

With `wait_seconds` it looks again until something comes; no connection is held meanwhile.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Begin
from chassis.directory import Reader
from chassis.sealing import Sealer

from event_feed.domain import cursor
from event_feed.domain.cursor import Place
from event_feed.domain.visibility import OPENED, Visibility
from event_feed.store import entries, positions
from event_feed.store.positions import Placed

_LOOK_AGAIN_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class FeedItem:
    position: int
    id: UUID
    type: str
    subject: UUID
    declaration_id: UUID
    time: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    items: list[FeedItem]
    next: str
    more: bool


async def read_feed(
    begin: Begin,
    reader: Reader,
    *,
    sealer: Sealer,
    visibility: Visibility,
    given: str | None,
    limit: int,
    wait_seconds: float = 0,
    stopping: asyncio.Event | None = None,
) -> Page:
    """Raises Refused for a cursor not of this reader, ahead of it, or of before a restore."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait_seconds
    while True:
        async with begin() as tx:
            key = await positions.get_cursor_key(tx)
            epoch = await entries.epoch(tx)
            last = await positions.find_last(tx, reader.id)
            place = cursor.decode(key, reader.id, given) if given else Place(epoch, 0)
            cursor.check(place, epoch=epoch, last=last)
            rows = await positions.list_after(tx, reader.id, place.position, limit + 1)
        over = loop.time() >= until or (stopping is not None and stopping.is_set())
        if rows or over:
            break
        await asyncio.sleep(min(_LOOK_AGAIN_SECONDS, max(0.0, until - loop.time())))
    items = [await _shown(row, reader, sealer, visibility) for row in rows[:limit]]
    reached = Place(epoch, items[-1].position if items else place.position)
    return Page(items, cursor.encode(key, reader.id, reached), len(rows) > limit)


async def _shown(row: Placed, reader: Reader, sealer: Sealer, visibility: Visibility) -> FeedItem:
    data = visibility.shown(reader.kind, row.type, row.data)
    for name in OPENED.keys() & data.keys():
        if data[name] is not None:
            opened = await sealer.open(
                data[name],
                tenant=row.tenant,
                topic=row.topic,
                stream=row.stream_id,
                field=name,
            )
            data[name] = json.loads(opened)
    return FeedItem(
        position=row.position,
        id=row.event_id,
        type=row.type,
        subject=row.stream_id,
        declaration_id=row.declaration_id,
        time=row.occurred_at,
        data=data,
    )
