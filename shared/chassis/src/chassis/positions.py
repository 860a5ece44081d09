"""How far this service has come: per partition in the log, and per stream in its versions.

Both are written in the transaction of the effects; Kafka's committed offsets are only a hint. A
partition's position moves on the condition that it stands where we left it: that is the fence
against a twin that was paused and woke up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from chassis.db import Tx


class Fenced(Exception):
    """Another process has moved this position: what is in hand has been applied by it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on in a partition. `last_event_id` None = nothing of it has ever been applied."""

    topic: str
    partition: int
    next_offset: int = 0
    last_event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class HeldRef:
    id: int
    version: int
    reason: str


@dataclass(slots=True)
class Stream:
    """What has been applied of one stream, its row being locked; version 0 = nothing."""

    stream_id: UUID
    version: int = 0
    epoch: int = 1
    payload_hash: bytes | None = None
    held: dict[int, HeldRef] = field(default_factory=dict)
    moved: bool = False

    def advance(self, version: int, epoch: int, payload_hash: bytes) -> None:
        self.version, self.epoch, self.payload_hash = version, epoch, payload_hash
        self.moved = True


_PLACES = text(
    """
    select topic, partition, next_offset, last_event_id from consumer_position
    where topic = any(:topics)
    """
)
_START = text(
    """
    insert into consumer_position (topic, partition, next_offset, last_event_id)
    values (:topic, :partition, :next_offset, :event_id) on conflict do nothing
    """
)
_MOVE = text(
    """
    update consumer_position set next_offset = :next_offset, last_event_id = :event_id
    where topic = :topic and partition = :partition
      and next_offset = :mine and last_event_id = :mine_id
    """
)
_MEET = text(
    """
    insert into stream_position (topic, stream_id, version, epoch)
    select :topic, met.id, 0, 1 from unnest(cast(:ids as uuid[])) as met (id) order by met.id
    on conflict do nothing
    """
)
_LOCK = text(
    """
    select stream_id, version, epoch, payload_hash from stream_position
    where topic = :topic and stream_id = any(:ids) order by stream_id for update
    """
)
_HELD = text(
    """
    select id, stream_id, version, reason from held_event
    where topic = :topic and stream_id = any(:ids) and skipped_at is null
    """
)
_SAVE = text(
    """
    update stream_position as known
    set version = new.version, epoch = new.epoch, payload_hash = new.hash
    from unnest(cast(:ids as uuid[]), cast(:versions as bigint[]), cast(:epochs as int[]),
                cast(:hashes as bytea[])) as new (id, version, epoch, hash)
    where known.topic = :topic and known.stream_id = new.id
    """
)


async def places(tx: Tx, topics: Iterable[str]) -> dict[tuple[str, int], Place]:
    found = await tx.execute(_PLACES, {"topics": list(topics)})
    return {(row.topic, row.partition): Place(*row) for row in found}


async def move(tx: Tx, here: Place, next_offset: int, event_id: UUID) -> Place:
    """First in the transaction: whoever comes second waits here, then finds that it is second."""
    values = {
        "topic": here.topic,
        "partition": here.partition,
        "next_offset": next_offset,
        "event_id": event_id,
    }
    if here.last_event_id is None:
        moved = await tx.execute(_START, values)
    else:
        mine = {"mine": here.next_offset, "mine_id": here.last_event_id}
        moved = await tx.execute(_MOVE, values | mine)
    if moved.rowcount != 1:
        raise Fenced
    return Place(here.topic, here.partition, next_offset, event_id)


async def lock_streams(tx: Tx, topic: str, ids: Iterable[UUID]) -> dict[UUID, Stream]:
    """In the order of their ids, so that two who need the same ones do not wait for each other."""
    values = {"topic": topic, "ids": sorted(set(ids))}
    if not values["ids"]:
        return {}
    await tx.execute(_MEET, values)
    locked = await tx.execute(_LOCK, values)
    streams = {row.stream_id: Stream(*row) for row in locked}
    for row in await tx.execute(_HELD, values):
        streams[row.stream_id].held[row.version] = HeldRef(row.id, row.version, row.reason)
    return streams


async def save_streams(tx: Tx, topic: str, streams: Iterable[Stream]) -> None:
    moved = [stream for stream in streams if stream.moved]
    if not moved:
        return
    await tx.execute(
        _SAVE,
        {
            "topic": topic,
            "ids": [stream.stream_id for stream in moved],
            "versions": [stream.version for stream in moved],
            "epochs": [stream.epoch for stream in moved],
            "hashes": [stream.payload_hash for stream in moved],
        },
    )
