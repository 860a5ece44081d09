"""Events that wait in the database instead of in the log: early, failed, unreadable.

The raw bytes stay in the row, so that an operator can have them tried again; what is shown about
them is ids, classes and codes.
"""

from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text

from chassis.db import Tx
from chassis.errors import Refused
from chassis.records import Record

_KEEP = text(
    """
    insert into held_event (topic, partition, record_offset, event_id, stream_id, version, type,
                            tenant, reason, error, code, raw)
    values (:topic, :partition, :offset, :event_id, :stream, :version, :type, :tenant, :reason,
            :error, :code, :raw)
    on conflict (topic, event_id) do nothing
    returning id
    """
)
_LIST = text(
    """
    select id, topic, partition, record_offset, event_id, stream_id, version, type, tenant, reason,
           error, code, held_at, tries
    from held_event
    where skipped_at is null and id > :after
    order by id limit :limit
    """
)
_LOAD = text(
    """
    select topic, partition, record_offset, raw from held_event
    where id = :id and skipped_at is null
    """
)
_LOCK = text("select reason from held_event where id = :id and skipped_at is null for update")
_COUNT = text("select reason, count(*) from held_event where skipped_at is null group by reason")
_OVERDUE = text(
    """
    select topic, stream_id from held_event
    where skipped_at is null
    group by topic, stream_id
    having bool_and(reason = 'early')
       and min(held_at) < clock_timestamp() - make_interval(secs => :seconds)
    limit 100
    """
)
_DROP = text("delete from held_event where id = :id")
_MARK = text(
    """
    update held_event set reason = 'failed', error = :error, code = :code, tries = tries + 1
    where id = :id
    """
)
_SKIP = text(
    """
    update held_event set skipped_at = clock_timestamp(), skipped_because = :because where id = :id
    """
)


async def keep(
    tx: Tx, record: Record, reason: str, error: BaseException | None = None
) -> int | None:
    """The row's id; None if the same event is held, or was skipped, already."""
    event = record.event
    kind, code = describe(error) if error is not None else (None, None)
    kept = await tx.execute(
        _KEEP,
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "event_id": record.event_id,
            "stream": event.subject if event else None,
            "version": event.version if event else None,
            "type": event.type if event else None,
            "tenant": event.tenant if event else None,
            "reason": reason,
            "error": kind,
            "code": code,
            "raw": record.raw,
        },
    )
    return kept.scalar_one_or_none()


async def list_held(tx: Tx, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Oldest first, without the events' content; `after` is the last `id` of the page before."""
    found = await tx.execute(_LIST, {"after": after, "limit": limit})
    return [dict(row) for row in found.mappings()]


async def count(tx: Tx) -> dict[str, int]:
    counted = {row[0]: int(row[1]) for row in await tx.execute(_COUNT)}
    return {reason: counted.get(reason, 0) for reason in ("early", "failed", "unreadable")}


async def overdue(tx: Tx, seconds: float) -> list[tuple[str, UUID]]:
    """Streams (topic, id) whose predecessor has been missing for so long in real time."""
    found = await tx.execute(_OVERDUE, {"seconds": seconds})
    return [(row.topic, row.stream_id) for row in found]


async def load(tx: Tx, held_id: int) -> Record:
    row = (await tx.execute(_LOAD, {"id": held_id})).one_or_none()
    if row is None:
        raise Refused("held-unknown")
    return Record(row.topic, row.partition, row.record_offset, bytes(row.raw))


async def lock(tx: Tx, held_id: int) -> str:
    """Until the transaction ends; why it is held."""
    reason: str | None = (await tx.execute(_LOCK, {"id": held_id})).scalar_one_or_none()
    if reason is None:
        raise Refused("held-unknown")
    return reason


async def drop(tx: Tx, held_id: int) -> None:
    await tx.execute(_DROP, {"id": held_id})


async def mark_failed(tx: Tx, held_id: int, error: BaseException) -> None:
    kind, code = describe(error)
    await tx.execute(_MARK, {"id": held_id, "error": kind, "code": code})


async def mark_skipped(tx: Tx, held_id: int, because: str) -> None:
    await tx.execute(_SKIP, {"id": held_id, "because": because})


def describe(error: BaseException) -> tuple[str, str | None]:
    """Class and code, never the text: texts quote what they were given."""
    if isinstance(error, Refused):
        return "Refused", error.code
    if isinstance(error, ValidationError):
        return "ValidationError", error.errors(include_input=False, include_url=False)[0]["type"]
    return type(error).__name__, getattr(getattr(error, "orig", None), "sqlstate", None)


def stream_key(topic: str, stream: UUID) -> str:
    """By which the incidents about a held stream are known."""
    return f"{topic}/{stream}"
