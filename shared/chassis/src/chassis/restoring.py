"""After a restore from a backup: the service takes back what it had published in the lost time.

Its own topics are the record of that time. Each event there which the database does not know goes
into the archive and raises its stream's head, so that no version is ever given twice; a service may
have reactions to them of its own. The raised epoch gives all that comes later other event ids, also
where the log was lost too. Safe to do twice; refused while the service runs.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from contracts.ids import event_id
from contracts.topics import PARTITIONS
from sqlalchemy import text

from chassis import kafka
from chassis.applying import Subscription
from chassis.broker import Broker
from chassis.db import Database, Tx
from chassis.errors import Unavailable
from chassis.positions import Place
from chassis.reading import Partition
from chassis.records import Record, record_of
from chassis.relay import LEADER
from chassis.witness import Witness

_BATCH = 500
_FETCH_BYTES = 1_000_000
_ANSWER_SECONDS = 30.0
_NAME = "jonction-restored"

_RUNNING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and application_name like 'jonction%' and application_name <> $1
"""
_RAISE = text("update epoch set number = number + 1 returning number")
_LAST = text(
    """
    select distinct on (partition) partition, record_offset, stream_id, epoch, version
    from event_archive where topic = :topic and record_offset is not null
    order by partition, record_offset desc
    """
)
_TAKE_BACK = text(
    """
    with head as (
        insert into stream_head as known (topic, stream_id, version)
        values (:topic, :stream, :version)
        on conflict (topic, stream_id) do update set version = excluded.version
            where known.version < excluded.version
        returning version
    )
    insert into event_archive (id, topic, partition, stream_id, version, epoch, type, tenant,
                               occurred_at, traceparent, data, record_offset)
    select nextval(pg_get_serial_sequence('outbox', 'id')), :topic, :partition, :stream,
           head.version, :epoch, :type, :tenant, :at, :traceparent, :data, :offset
    from head
    returning id
    """
)


class StillRunning(Exception):
    """Some process of the service works on the restored database."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`at` is business time; `ends` where the log of each partition that is read ends now."""

    epoch: int
    at: datetime
    ends: Mapping[Partition, int]


OnRestored = Callable[[Tx, Restored], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Recall:
    """What a service does about a restore: to its own events of the lost time, and before them."""

    own: Sequence[Subscription] = ()
    begin: OnRestored | None = None


async def take_back(
    db: Database,
    database_url: str,
    broker: Broker,
    service: str,
    *,
    written: Sequence[str],
    read: Sequence[str],
    recall: Recall,
    at: datetime,
) -> tuple[int, int]:
    """The new epoch, and how many events came back. Raises StillRunning, Unavailable."""
    async with _alone(database_url), _Log(broker, service, [*written, *read]) as log:
        ends = await log.ends()
        own = {key: end for key, end in ends.items() if key[0] in written}
        async with db.begin() as tx:
            epoch = int((await tx.execute(_RAISE)).scalar_one())
            if recall.begin is not None:
                others = {key: end for key, end in ends.items() if key[0] in read}
                await recall.begin(tx, Restored(epoch, at, others))
        reactions = {(each.model.topic, each.model.type): each for each in recall.own}
        taken = 0
        for key, end in own.items():
            start = await _start(db, log, key)
            async for records in log.read(key, start, end):
                async with db.begin() as tx:
                    for record in records:
                        taken += await _take(tx, record, f"urn:jonction:{service}", reactions)
    return epoch, taken


async def _start(db: Database, log: "_Log", key: Partition) -> int:
    """Behind the last event that the archive knows, if this is the log that it was sent to."""
    async with db.begin() as tx:
        found = await tx.execute(_LAST, {"topic": key[0]})
        row = next((row for row in found if row.partition == key[1]), None)
    if row is None:
        return 0
    known = event_id(key[0], row.stream_id, row.epoch, row.version)
    place = Place(*key, row.record_offset + 1, known)
    return place.next_offset if await log.witness.confirms(place) else 0


async def _take(
    tx: Tx, record: Record, source: str, reactions: Mapping[tuple[str, str], Subscription]
) -> int:
    event = record.event
    if event is None or event.source != source:
        return 0
    values = {
        "topic": record.topic,
        "partition": record.partition,
        "stream": event.subject,
        "version": event.version,
        "epoch": event.epoch,
        "type": event.type,
        "tenant": event.tenant,
        "at": event.time,
        "traceparent": event.traceparent,
        "data": json.dumps(event.data, ensure_ascii=False, separators=(",", ":")).encode(),
        "offset": record.offset,
    }
    if (await tx.execute(_TAKE_BACK, values)).first() is None:
        return 0
    subscription = reactions.get((record.topic, event.type))
    if subscription is not None:
        await subscription.reaction(tx, event, subscription.model.model_validate(event.data))
    return 1


@asynccontextmanager
async def _alone(database_url: str) -> AsyncIterator[None]:
    """Nothing of the service works on this database, and no relay begins to."""
    connection = await asyncpg.connect(
        database_url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=5,
        server_settings={"application_name": _NAME},
    )
    try:
        leads = await connection.fetchval("select pg_try_advisory_lock($1)", LEADER)
        if not leads or await connection.fetchval(_RUNNING, _NAME):
            raise StillRunning
        yield
    finally:
        await connection.close()


class _Log:
    """All partitions of the topics, read without a group from where they are told to."""

    def __init__(self, broker: Broker, service: str, topics: Sequence[str]) -> None:
        self._places = [(topic, number) for topic in topics for number in range(PARTITIONS)]
        self._tps = {key: kafka.TopicPartition(*key) for key in self._places}
        self._reader = kafka.reader(broker, f"{service}-restored", fetch_bytes=_FETCH_BYTES)
        self.witness = Witness(broker, f"{service}-restored")

    async def __aenter__(self) -> "_Log":
        kafka.silence()
        try:
            await self._reader.start()
            await self.witness.start()
        except kafka.KafkaError as away:
            await self.__aexit__()
            raise Unavailable("kafka") from away
        self._reader.assign(list(self._tps.values()))
        for tp in self._tps.values():
            self._reader.seek(tp, 0)
            self._reader.pause(tp)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.witness.close()
        await kafka.close(self._reader)

    async def ends(self) -> dict[Partition, int]:
        try:
            found = await self._reader.end_offsets(list(self._tps.values()))
        except kafka.KafkaError as away:
            raise Unavailable("kafka") from away
        return {key: found[tp] for key, tp in self._tps.items()}

    async def read(self, key: Partition, start: int, end: int) -> AsyncIterator[list[Record]]:
        tp = self._tps[key]
        self._reader.seek(tp, start)
        self._reader.resume(tp)
        try:
            while await self._reader.position(tp) < end:
                yield await self._some(tp)
        finally:
            self._reader.pause(tp)

    async def _some(self, tp: kafka.TopicPartition) -> list[Record]:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while True:
                    found = await self._reader.getmany(tp, timeout_ms=500, max_records=_BATCH)
                    if found:
                        return [record_of(each) for each in found[tp]]
        except (kafka.KafkaError, TimeoutError) as away:
            raise Unavailable("kafka") from away
