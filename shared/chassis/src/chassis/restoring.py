"""After a restore from a backup: the service takes back what it had published in the lost time.

Its own topics are the record of that time. Each event there which the database does not know goes
into the archive and raises its stream's head, so that no version is ever given twice; a service may
have reactions to them of its own. The raised epoch gives all that comes later other event ids, also
where the log was lost too. One transaction: what breaks off has changed nothing, and is done again.
Refused while the service runs.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from contracts.envelope import Event
from contracts.ids import event_id
from sqlalchemy import text

from chassis.applying import Subscription
from chassis.broker import Broker
from chassis.db import Database, Tx, savepoint
from chassis.errors import Refused
from chassis.positions import Place
from chassis.reading import Partition
from chassis.records import Record
from chassis.relay import LEADER
from chassis.scanning import Log

_NAME = "jonction-restored"

_RUNNING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and application_name like 'jonction%' and application_name <> $1
"""
# Waiting for the log is no transaction forgotten open.
_PATIENT = text("set local idle_in_transaction_session_timeout = 0")
# An earlier restore, which this backup does not know, may have raised it before.
_RAISE = text("update epoch set number = greatest(number, :seen) + 1 returning number")
_LAST = text(
    """
    select distinct on (topic, partition)
        topic, partition, record_offset, stream_id, epoch, version
    from event_archive where topic = any(:topics) and record_offset is not null
    order by topic, partition, record_offset desc
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
    """What a service does about a restore: to its own events of the lost time, and after them.

    Events of one stream come in order, but for those that are refused, and what follows them: these
    come again, each until it is accepted, and it may be a later one first. Reactions tell nothing,
    for the versions of the lost time are not all known yet; `begin` may.
    """

    own: Sequence[Subscription] = ()
    begin: OnRestored | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """`refused`: streams of which the service could not take an event in."""

    epoch: int
    events: int
    refused: Sequence[UUID]


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
) -> Taken:
    """Raises StillRunning, Unavailable, WrongSetting."""
    async with _alone(database_url), Log(broker, service, [*written, *read]) as log:
        ends = await log.ends()
        taking = _Taking(f"urn:jonction:{service}", recall.own)
        async with db.begin() as tx:
            await tx.execute(_PATIENT)
            known = await _last_known(tx, written)
            for key, end in ends.items():
                if key[0] in written:
                    async for records in log.read(key, await _start(log, known.get(key)), end):
                        for record in records:
                            await taking.take(tx, record)
            refused = await taking.take_later(tx)
            epoch = int((await tx.execute(_RAISE, {"seen": taking.epoch})).scalar_one())
            if recall.begin is not None:
                others = {key: end for key, end in ends.items() if key[0] in read}
                await recall.begin(tx, Restored(epoch, at, others))
    return Taken(epoch, taking.taken, refused)


async def _last_known(tx: Tx, topics: Sequence[str]) -> dict[Partition, Place]:
    """Of each partition the place behind the last event of it that the archive knows."""
    found = await tx.execute(_LAST, {"topics": list(topics)})
    return {
        (row.topic, row.partition): Place(
            row.topic,
            row.partition,
            row.record_offset + 1,
            event_id(row.topic, row.stream_id, row.epoch, row.version),
        )
        for row in found
    }


async def _start(log: Log, known: Place | None) -> int:
    """Behind that event, if this is the log that it was sent to."""
    return known.next_offset if known is not None and await log.confirms(known) else 0


class _Taking:
    def __init__(self, source: str, own: Sequence[Subscription]) -> None:
        self._source, self.taken, self.epoch = source, 0, 1
        self._own = {(each.model.topic, each.model.type): each for each in own}
        self._later: list[tuple[Subscription, Event]] = []
        self._waiting: set[UUID] = set()

    async def take(self, tx: Tx, record: Record) -> None:
        event = record.event
        if event is None or event.source != self._source:
            return
        self.epoch = max(self.epoch, event.epoch)
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
            return
        self.taken += 1
        subscription = self._own.get((record.topic, event.type))
        if subscription is None:
            return
        # An event of a stream is not applied over one before it that is still to come.
        if event.subject in self._waiting or not await self._react(tx, subscription, event):
            self._waiting.add(event.subject)
            self._later.append((subscription, event))

    async def take_later(self, tx: Tx) -> list[UUID]:
        """Between streams there is no order: what was refused may be possible by now, or once what
        follows it in its own stream is known. The streams of which an event is refused for good."""
        while self._later:
            again, self._later = self._later, []
            for subscription, event in again:
                if not await self._react(tx, subscription, event):
                    self._later.append((subscription, event))
            if len(self._later) == len(again):
                break
        return list(dict.fromkeys(event.subject for _, event in self._later))

    async def _react(self, tx: Tx, subscription: Subscription, event: Event) -> bool:
        data = subscription.model.model_validate(event.data)
        try:
            async with savepoint(tx):
                await subscription.reaction(tx, event, data)
        except Refused:
            return False
        return True


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
