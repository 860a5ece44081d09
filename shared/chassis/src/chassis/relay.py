"""Moves rows of the outbox to Kafka, and after the broker's acknowledgement into the archive.

Every round reads all rows still there, oldest id first and without a lower bound, so that a row
that commits late is never passed over. The advisory lock is for economy: two relays at once, a
paused one that wakes up included, can only make duplicates.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import asyncpg
import structlog
from asyncpg.exceptions import InterfaceError, PostgresError
from prometheus_client import Counter

from chassis import kafka
from chassis.broker import Broker
from chassis.failpoints import fp
from chassis.patience import Patience, rest
from chassis.quiet import Reading
from chassis.sending import Batch, fill, numbered, send, trace_sent
from chassis.servers import describe

log = structlog.get_logger()

ROUND = 500
IDLE_SECONDS = 0.05
FLUSH_SECONDS = 15.0
LEADER = 0x4F555442

PUBLISHED = Counter(
    "jonction_events_published_total", "Acknowledged by Kafka", ["service", "topic"]
)

_READ = """
    select id, topic, partition, stream_id, version, epoch, type, tenant, occurred_at,
           traceparent, data, written_at
    from outbox order by id limit $1
"""
_ARCHIVE = """
    with gone as (
        delete from outbox using unnest($1::bigint[], $2::bigint[]) as acked (id, record_offset)
        where outbox.id = acked.id
        returning outbox.*, acked.record_offset
    )
    insert into event_archive (id, topic, partition, stream_id, version, epoch, type, tenant,
                               occurred_at, traceparent, data, written_at, record_offset)
    select id, topic, partition, stream_id, version, epoch, type, tenant,
           occurred_at, traceparent, data, written_at, record_offset
    from gone
"""
_SESSION = {
    "application_name": "jonction-relay",
    # A frozen relay loses its session, and with it the lock, to one that runs; a flush is shorter.
    "idle_session_timeout": "20s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
}


class Relay:
    def __init__(
        self,
        database_url: str,
        broker: Broker,
        service: str,
        *,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._database = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._broker, self._service = broker, service
        self._flush_seconds = flush_seconds
        self._looking = asyncio.Lock()
        self._looker: asyncpg.Connection | None = None
        self._trouble: str | None = "starting"
        self.published = 0

    async def run(self, stop: asyncio.Event) -> None:
        kafka.silence()
        patience = Patience(0.2, 5)
        while not stop.is_set():
            try:
                await self._lead(stop, patience)
            except Exception as trouble:  # noqa: BLE001 (no trouble of one round may end the relay)
                self._say(await describe(trouble, self._broker))
                await rest(stop, patience.next_seconds())
        await self._close_looker()

    async def depth(self) -> int:
        """Rows not yet acknowledged, counted now."""
        async with self._looking:
            try:
                if self._looker is None or self._looker.is_closed():
                    self._looker = await asyncpg.connect(
                        self._database, timeout=5, command_timeout=5
                    )
                return int(await self._looker.fetchval("select count(*) from outbox"))
            except (OSError, TimeoutError, PostgresError, InterfaceError):
                self._looker = None
                raise

    async def quiet(self) -> Reading:
        depth = await self.depth()
        reasons = [f"{depth} events in the outbox"] if depth else []
        return Reading(outbox=depth, activity=self.published, reasons=reasons)

    async def ready(self) -> str | None:
        return None if self._trouble is None else f"relay: {self._trouble}"

    async def _lead(self, stop: asyncio.Event, patience: Patience) -> None:
        async with self._connection() as connection:
            while not await connection.fetchval("select pg_try_advisory_lock($1)", LEADER):
                self._say(None)
                await rest(stop, 1.0)
                if stop.is_set():
                    return
            async with self._producer() as producer:
                while not stop.is_set():
                    sent = await self._round(connection, producer)
                    self._say(None)
                    patience.reset()
                    if sent < ROUND:
                        await rest(stop, IDLE_SECONDS)

    async def _round(self, connection: asyncpg.Connection, producer: kafka.AIOKafkaProducer) -> int:
        rows = await connection.fetch(_READ, ROUND)
        if not rows:
            return 0
        batches = fill(producer, rows, self._service)
        tasks = {asyncio.create_task(send(producer, batch)): batch for batch in batches}
        _, late = await asyncio.wait(tasks, timeout=self._flush_seconds)
        for task in late:
            task.cancel()
        fp("relay.after_send")
        acked: list[tuple[int, int | None]] = []
        for task, batch in tasks.items():
            if task not in late and task.exception() is None:
                acked += numbered(batch, task.result())
                self._count(batch)
                trace_sent(batch, task.result())
        fp("relay.after_ack")
        if acked:
            ids, offsets = zip(*acked, strict=True)
            await connection.execute(_ARCHIVE, list(ids), list(offsets))
        # Whether Kafka has the rest is unknown: the rows stay, and this producer is thrown away.
        self._raise_first(task for task in tasks if task not in late)
        if late:
            raise kafka.KafkaTimeoutError(f"no acknowledgement in {self._flush_seconds:.0f} s")
        return sum(len(batch.rows) for batch in batches)

    def _count(self, batch: Batch) -> None:
        self.published += len(batch.rows)
        PUBLISHED.labels(self._service, batch.topic).inc(len(batch.rows))

    @staticmethod
    def _raise_first(tasks: Iterable["asyncio.Task[int]"]) -> None:
        for task in tasks:
            task.result()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            self._database, timeout=5, command_timeout=15, server_settings=_SESSION
        )
        try:
            yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[kafka.AIOKafkaProducer]:
        producer = kafka.producer(self._broker, f"{self._service}-relay")
        try:
            await producer.start()
            yield producer
        finally:
            await kafka.close(producer)

    async def _close_looker(self) -> None:
        async with self._looking:
            if self._looker is not None:
                self._looker.terminate()

    def _say(self, trouble: str | None) -> None:
        """One line when it breaks, one when it works again."""
        if trouble is not None and self._trouble != trouble:
            log.warning("relay waits", service=self._service, error=trouble)
        elif trouble is None and self._trouble not in (None, "starting"):
            log.info("relay works again", service=self._service)
        self._trouble = trouble
