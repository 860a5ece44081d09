"""Each reader's head and list: position p exists exactly when p <= head.last."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from event_feed.store.tables import cursor_key, entry, head, item


async def lock_heads(tx: Tx, readers: Sequence[str]) -> dict[str, int]:
    """The last position of each reader, its row locked until the commit; new readers start at 0."""
    if not readers:
        return {}
    missing = insert(head).values([{"reader": reader, "last": 0} for reader in sorted(readers)])
    await tx.execute(missing.on_conflict_do_nothing())
    locked = await tx.execute(
        select(head.c.reader, head.c.last)
        .where(head.c.reader.in_(readers))
        .order_by(head.c.reader)
        .with_for_update()
    )
    return {row.reader: row.last for row in locked}


async def append(tx: Tx, reader: str, last: int, entries: Sequence[tuple[UUID, UUID]]) -> bool:
    """`entries` are (event, declaration), placed from last + 1 on. False if the head has moved."""
    moved = await tx.execute(
        update(head)
        .where(head.c.reader == reader, head.c.last == last)
        .values(last=last + len(entries))
    )
    if moved.rowcount != 1:
        return False
    rows = [
        {"reader": reader, "position": position, "event_id": event, "declaration_id": declaration}
        for position, (event, declaration) in enumerate(entries, last + 1)
    ]
    await tx.execute(insert(item), rows)
    return True


async def find_last(tx: Tx, reader: str) -> int:
    return await tx.scalar(select(head.c.last).where(head.c.reader == reader)) or 0


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry at its place in one reader's feed; `data` as it came, sealed fields sealed."""

    position: int
    declaration_id: UUID
    event_id: UUID
    topic: str
    type: str
    stream_id: UUID
    tenant: str
    occurred_at: datetime
    data: dict[str, Any]


async def list_after(tx: Tx, reader: str, position: int, limit: int) -> list[Placed]:
    found = await tx.execute(
        select(
            item.c.position,
            item.c.declaration_id,
            entry.c.event_id,
            entry.c.topic,
            entry.c.type,
            entry.c.stream_id,
            entry.c.tenant,
            entry.c.occurred_at,
            entry.c.data,
        )
        .join(entry, entry.c.event_id == item.c.event_id)
        .where(item.c.reader == reader, item.c.position > position)
        .order_by(item.c.position)
        .limit(limit)
    )
    return [Placed(*row) for row in found]


async def get_cursor_key(tx: Tx) -> bytes:
    """Made once for this database: cursors do not outlive it, as positions do not."""
    found = await tx.scalar(select(cursor_key.c.key))
    if found is None:
        made = insert(cursor_key).values(key=secrets.token_bytes(32)).on_conflict_do_nothing()
        await tx.execute(made)
        found = (await tx.execute(select(cursor_key.c.key))).scalar_one()
    return bytes(found)
