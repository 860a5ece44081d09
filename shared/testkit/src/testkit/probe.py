"""The smallest service there can be, to try the chassis with: one topic, one table of effects.

`python -m testkit.probe relay|consumer TOPIC [FAILPOINT]` runs one half of it as a process of its
own, told by `JONCTION_*` as a service is, for tests that kill it; `Probe` does the same inside.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from aiokafka import AIOKafkaProducer
from chassis import failpoints, outbox
from chassis.broker import Broker
from chassis.clock import FixedClock
from chassis.consumer import Consumer, Subscription
from chassis.db import Database, Tx
from chassis.held import list_held
from chassis.incidents import list_incidents
from chassis.partitions import key_of, partition_of
from chassis.relay import Relay
from chassis.restoring import Recall, Taken, take_back
from chassis.settings import ServiceSettings, load
from contracts.envelope import Event, compose
from contracts.events import EventData
from contracts.topics import INCIDENTS
from local_platform.cluster import Cluster
from local_platform.environment import kafka_settings
from local_platform.kafka import Kafka
from sqlalchemy import text

SERVICE = "probe"
AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NOTHING_RECALLED = Recall()
EFFECTS = """
create table effect (
    id bigint generated always as identity primary key,
    stream_id uuid not null, version bigint not null, note text not null
)
"""


class Noted(EventData):
    type: ClassVar[str] = "test.probe.noted"

    note: str


class Unheard(Noted):
    """A fact that the probe does not subscribe to."""

    type: ClassVar[str] = "test.probe.unheard"


def on(topic: str, model: type[Noted] = Noted) -> type[Noted]:
    """The model, written to this topic: each test has a topic of its own."""
    return type(model.__name__, (model,), {"topic": topic, "__module__": __name__})


async def note_effect(tx: Tx, event: Event, data: Noted) -> None:
    """`fail` fails for good, `slow` takes its time, anything else leaves one row."""
    if data.note == "fail":
        raise LookupError("no such thing")
    if data.note == "slow":
        await asyncio.sleep(0.5)
    await tx.execute(
        text("insert into effect (stream_id, version, note) values (:stream, :version, :note)"),
        {"stream": event.subject, "version": event.version, "note": data.note},
    )


class Fickle:
    """A reaction that fails on `poison` as `failure` says, until it is told None."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure: Exception | None = failure or LookupError()
        self.calls = 0

    async def __call__(self, tx: Tx, event: Event, data: Noted) -> None:
        self.calls += 1
        if data.note == "poison" and self.failure is not None:
            raise self.failure
        await note_effect(tx, event, data)


class Runs(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


@dataclass
class Probe:
    url: str
    broker: Broker
    topic: str
    db: Database

    def relay(self, **options: Any) -> Relay:
        return Relay(self.url, self.broker, SERVICE, **options)

    def consumer(self, reaction: Callable[..., Any] = note_effect, **options: Any) -> Consumer:
        table = [Subscription(on(self.topic), reaction)]
        clock = FixedClock(AT)
        return Consumer(
            self.db, self.broker, self.group, [self.topic], table, clock=clock, **options
        )

    async def take_back(self, written: str, recall: Recall = NOTHING_RECALLED) -> Taken:
        """As `restored` does, which no connection of ours may watch: they are closed first."""
        await self.db.close()
        return await take_back(
            self.db,
            self.url,
            self.broker,
            SERVICE,
            written=[written],
            read=[],
            recall=recall,
            at=AT,
        )

    def spawn(self, half: str, *failpoint: str) -> "subprocess.Popen[bytes]":
        """`relay` or `consumer` as a process of its own."""
        command = [sys.executable, "-m", "testkit.probe", half, self.topic, *failpoint]
        told = {"mode": "test", "database": self.url, **kafka_settings(self.broker)}
        settings = {f"JONCTION_{name.upper()}": str(value) for name, value in told.items()}
        return subprocess.Popen(command, env=os.environ | settings)

    @property
    def group(self) -> str:
        return self.topic

    async def note(self, stream: UUID, *notes: str, model: type[Noted] = Noted) -> None:
        """Each in a transaction of its own."""
        for each in notes:
            async with self.db.begin() as tx:
                event = on(self.topic, model)(note=each)
                await outbox.add(tx, event, stream=stream, tenant="acme", at=AT)

    def event(self, stream: UUID, version: int, note: str, *, epoch: int = 1) -> Event:
        return compose(
            topic=self.topic,
            source=SERVICE,
            type=Noted.type,
            stream=stream,
            version=version,
            epoch=epoch,
            tenant="acme",
            time=AT,
            traceparent=None,
            data=Noted(note=note).model_dump_json().encode(),
        )

    async def publish(self, stream: UUID, *records: Event | bytes) -> None:
        """Past the outbox, straight into the partition of the stream."""
        producer = AIOKafkaProducer(**self.broker.options())
        await producer.start()
        try:
            for each in records:
                value = each if isinstance(each, bytes) else each.encode()
                await producer.send_and_wait(
                    self.topic, value, key=key_of(stream), partition=partition_of(stream)
                )
        finally:
            await producer.stop()

    async def incidents(self, *, only_open: bool = True) -> list[str]:
        async with self.db.begin() as tx:
            return sorted(row["kind"] for row in await list_incidents(tx, only_open=only_open))

    async def held(self) -> list[tuple[int | None, str]]:
        """Version and reason, as operators see them."""
        async with self.db.begin() as tx:
            return [(row["version"], row["reason"]) for row in await list_held(tx)]

    async def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.db.begin() as tx:
            return [tuple(row) for row in await tx.execute(text(sql), values)]

    async def one(self, sql: str, **values: Any) -> Any:
        return (await self.rows(sql, **values))[0][0]

    async def notes(self, stream: UUID) -> list[str]:
        """The stream's effects in the order in which they were made."""
        sql = "select note from effect where stream_id = :stream order by id"
        return [note for (note,) in await self.rows(sql, stream=stream)]


def admit_probe(kafka: Kafka | Cluster) -> None:
    """The rights of a service: its own topics and group, here all that begin with its name."""
    if isinstance(kafka, Cluster):
        own = ("--topic", f"{SERVICE}-", "--resource-pattern-type", "prefixed")
        who = ("--add", "--force", "--allow-principal", f"User:{SERVICE}")
        for right in (
            ("--operation", "Write", "--topic", INCIDENTS.name),
            ("--operation", "Read", "--group", f"{SERVICE}-"),
        ):
            kafka.command("kafka-acls.sh", *who, *own, *right)


async def until(true: Callable[[], Any], seconds: float = 20.0) -> None:
    """Waits for what must come true; fails with the last answer when it does not."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        answer = true()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"still {answer!r} after {seconds} s")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*parts: Runs) -> AsyncIterator[None]:
    """Runs them beside the test; at the end they are asked to stop, and must within 20 s."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)


async def _main(half: str, topic: str, failpoint: str | None = None) -> None:
    failpoints.arm(failpoint)
    settings = load(ServiceSettings)
    url = settings.database.get_secret_value()
    probe = Probe(url, settings.broker, topic, Database(url, size=2))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    part: Runs = probe.relay() if half == "relay" else probe.consumer(session_seconds=6)
    with contextlib.suppress(asyncio.CancelledError):
        await part.run(stop)
    await probe.db.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
