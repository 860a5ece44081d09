"""What an operator does about held events: have them tried again, or skip one and say why.

Each act is one transaction that locks the stream, so that the running consumer and a console
may work on it at the same time; who did it is recorded in it.
"""

from uuid import UUID

from sqlalchemy import text

from chassis import acts, held, positions
from chassis.applying import Applier, judge
from chassis.db import Tx
from chassis.errors import Refused
from chassis.logs import scrub
from chassis.positions import HeldRef, Stream
from chassis.records import Record

_TOPICS = text(
    """
    select distinct topic from held_event where stream_id = :stream and skipped_at is null
    order by topic
    """
)
RETRY, SKIP = "held-retry", "held-skip"


async def retry(applier: Applier, stream_id: UUID, *, by: str = acts.SHELL) -> int:
    """Applies what is held of the stream, in order, up to the first that fails again; how many."""
    async with applier.begin() as tx:
        released = 0
        for topic in list((await tx.execute(_TOPICS, {"stream": stream_id})).scalars()):
            released += await _retry(applier, tx, topic, await _lock(tx, topic, stream_id))
        await acts.record(tx, RETRY, stream_id, {"applied": released}, by=by)
    return released


async def retry_held(applier: Applier, held_id: int, *, by: str) -> int:
    """The stream of this event, or, where it could not be read, the event alone; how many."""
    async with applier.begin() as tx:
        record, reason, stream = await _claim(tx, held_id)
        if stream is None:
            released = 0
        elif reason == "unreadable":
            released = 1
            await held.drop(tx, held_id)
            await _take(applier, tx, record, stream)
            await applier.incidents.close(tx, "event-unreadable", _place(record))
        else:
            released = await _retry(applier, tx, record.topic, stream)
        await acts.record(tx, RETRY, held_id, {"applied": released}, by=by)
    return released


async def retry_unreadable(applier: Applier, held_id: int, *, by: str = acts.SHELL) -> bool:
    """For bytes that a newer version of the service can read; False if it still cannot."""
    return await retry_held(applier, held_id, by=by) > 0


async def skip(applier: Applier, held_id: int, because: str, *, by: str = acts.SHELL) -> int:
    """Gives one event up for good; how many held ones followed. The row stays, with the reason.

    Of a stream, only the next event can be skipped: refused as `held-not-next` otherwise.
    """
    async with applier.begin() as tx:
        followed = await _skip(applier, tx, held_id, scrub(because))
        await acts.record(tx, SKIP, held_id, {"followed": followed}, by=by, because=because)
    return followed


async def _retry(applier: Applier, tx: Tx, topic: str, stream: Stream) -> int:
    released = 0
    while (ref := stream.held.get(stream.version + 1)) is not None:
        if not await applier.release(tx, topic, stream, ref, alone=True):
            break
        released += 1
    await _leave(applier, tx, topic, stream)
    return released


async def _skip(applier: Applier, tx: Tx, held_id: int, because: str) -> int:
    record, reason, stream = await _claim(tx, held_id)
    await held.mark_skipped(tx, held_id, because)
    if reason == "unreadable":
        await applier.incidents.close(tx, "event-unreadable", _place(record))
        return 0
    event = record.event
    if event is None or stream is None or event.version != stream.version + 1:
        raise Refused("held-not-next")
    stream.held.pop(event.version, None)
    stream.advance(event.version, event.epoch, record.payload_hash)
    followed = await applier.follow(tx, record.topic, stream, alone=True)
    await _leave(applier, tx, record.topic, stream)
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


async def _claim(tx: Tx, held_id: int) -> tuple[Record, str, Stream | None]:
    """The event and why it is held, with its stream if it can be read; nobody else has them now.

    Locked as the consumer locks them, the stream first. Who had to wait may find the event gone.
    """
    record = await held.load(tx, held_id)
    event = record.event
    stream = None if event is None else await _lock(tx, record.topic, event.subject)
    return record, await held.lock(tx, held_id), stream


async def _lock(tx: Tx, topic: str, stream_id: UUID) -> Stream:
    return (await positions.lock_streams(tx, topic, [stream_id]))[stream_id]


async def _leave(applier: Applier, tx: Tx, topic: str, stream: Stream) -> None:
    await positions.save_streams(tx, topic, [stream])
    await applier.tell_released(tx, topic, stream)


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
