"""What an operator does about held events: have them tried again, or skip one and say why.

Each act is one transaction that locks the stream, so that the running consumer and a console
may work on it at the same time.
"""

from uuid import UUID

from sqlalchemy import text

from chassis import held, positions
from chassis.applying import Applier, judge
from chassis.db import Tx
from chassis.errors import Refused
from chassis.positions import HeldRef, Stream
from chassis.records import Record

_TOPICS = text(
    "select distinct topic from held_event where stream_id = :stream and skipped_at is null"
)
_FIND = text(
    "select topic, stream_id, version from held_event where id = :id and skipped_at is null"
)


async def retry(applier: Applier, stream_id: UUID) -> int:
    """Applies what is held of the stream, in order, up to the first that fails again; how many."""
    released = 0
    async with applier.begin() as tx:
        topics = list((await tx.execute(_TOPICS, {"stream": stream_id})).scalars())
        for topic in topics:
            stream = await _lock(tx, topic, stream_id)
            while (ref := stream.held.get(stream.version + 1)) is not None:
                if not await applier.release(tx, topic, stream, ref, alone=True):
                    break
                released += 1
            await _leave(applier, tx, topic, stream)
    return released


async def retry_unreadable(applier: Applier, held_id: int) -> bool:
    """For bytes that a newer version of the service can read; False if it still cannot."""
    async with applier.begin() as tx:
        record = await _load(tx, held_id)
        if record.event is None:
            return False
        stream = await _lock(tx, record.topic, record.event.subject)
        await held.drop(tx, held_id)
        await _take(applier, tx, record, stream)
        await applier.incidents.close(tx, "event-unreadable", _place(record))
    return True


async def skip(applier: Applier, held_id: int, because: str) -> int:
    """Gives one event up for good; how many held ones followed. The row stays, with the reason.

    Of a stream, only the next event can be skipped: refused as `held-not-next` otherwise.
    """
    async with applier.begin() as tx:
        record = await _load(tx, held_id)
        row = (await tx.execute(_FIND, {"id": held_id})).one()
        await held.mark_skipped(tx, held_id, because)
        if row.stream_id is None:
            await applier.incidents.close(tx, "event-unreadable", _place(record))
            return 0
        stream = await _lock(tx, row.topic, row.stream_id)
        event = record.event
        if event is None or row.version != stream.version + 1:
            raise Refused("held-not-next")
        stream.held.pop(row.version, None)
        stream.advance(event.version, event.epoch, record.payload_hash)
        followed = await applier.follow(tx, row.topic, stream, alone=True)
        await _leave(applier, tx, row.topic, stream)
    return followed


async def _take(applier: Applier, tx: Tx, record: Record, stream: Stream) -> None:
    assert record.event is not None  # noqa: S101 (the caller has looked)
    if judge(stream, record.event, record.payload_hash) not in ("next", "early"):
        return
    held_id = await held.keep(tx, record, "early")
    if held_id is not None:
        version = record.event.version
        stream.held[version] = HeldRef(held_id, version, "early")
    await applier.follow(tx, record.topic, stream, alone=True)
    await _leave(applier, tx, record.topic, stream)


async def _lock(tx: Tx, topic: str, stream_id: UUID) -> Stream:
    return (await positions.lock_streams(tx, topic, [stream_id]))[stream_id]


async def _leave(applier: Applier, tx: Tx, topic: str, stream: Stream) -> None:
    await positions.save_streams(tx, topic, [stream])
    await applier.tell_released(tx, topic, stream)


async def _load(tx: Tx, held_id: int) -> Record:
    if (await tx.execute(_FIND, {"id": held_id})).first() is None:
        raise Refused("held-unknown", status=404)
    return await held.load(tx, held_id)


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
