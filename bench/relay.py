"""Events a second from the outbox into Kafka: our relay, beside sending alone and beside a loop
that sends and deletes row by row.
"""

import asyncio
import time
from collections.abc import Callable

import asyncpg
from chassis import kafka, outbox
from chassis.db import Database
from chassis.partitions import key_of
from chassis.relay import Relay
from chassis.sending import compose
from contracts.topics import DECLARATIONS

from bench import facts
from bench.facts import Fact
from bench.figures import Compared
from bench.ground import Ground
from bench.processes import until

SERVICE = "declaration-gateway"
EVENTS, NAIVE_EVENTS = 4000, 800
_ROUNDS = 3


async def measure(ground: Ground, say: Callable[[str], None]) -> Compared:
    found = Compared()
    told = await facts.declarations(ground.material, 0, EVENTS)
    await ground.fresh_topics()
    for number in range(1, _ROUNDS + 1):
        database = await ground.fresh_database(SERVICE)
        await _fill(ground, database, told)
        found.ours.append(await _relayed(ground, database))
        found.floor.append(await _only_sent(ground, told))
        database = await ground.fresh_database(SERVICE)
        await _fill(ground, database, told[:NAIVE_EVENTS])
        found.naive.append(await _sent_naively(ground, database))
        say(f"relay, round {number}/{_ROUNDS}: {found.last} events/s")
    return found


async def _fill(ground: Ground, database: str, told: list[Fact]) -> None:
    db = Database(ground.url(database, SERVICE))
    for first in range(0, len(told), 500):
        async with db.begin() as tx:
            for stream, data in told[first : first + 500]:
                await outbox.add(tx, data, stream=stream, tenant=facts.TENANT, at=facts.AT)
    await db.close()


async def _relayed(ground: Ground, database: str) -> float:
    relay, stop = Relay(ground.url(database, SERVICE), ground.broker, SERVICE), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    await until(lambda: relay.published > 0)
    begun, before = time.perf_counter(), relay.published
    await until(lambda: relay.published >= EVENTS)
    rate = (EVENTS - before) / (time.perf_counter() - begun)
    stop.set()
    await running
    return rate


async def _only_sent(ground: Ground, told: list[Fact]) -> float:
    events = facts.composed(told)
    begun = time.perf_counter()
    await facts.publish(ground.broker, events)
    return len(events) / (time.perf_counter() - begun)


async def _sent_naively(ground: Ground, database: str) -> float:
    producer = kafka.producer(ground.broker, "bench-naive")
    await producer.start()
    try:
        async with ground.connection(database) as connection:
            begun, sent = time.perf_counter(), 0
            while rows := await connection.fetch("select * from outbox order by id limit 100"):
                for row in rows:
                    await _send_one(producer, connection, row)
                sent += len(rows)
            return sent / (time.perf_counter() - begun)
    finally:
        await producer.stop()


async def _send_one(
    producer: kafka.AIOKafkaProducer, connection: asyncpg.Connection, row: asyncpg.Record
) -> None:
    await producer.send_and_wait(
        DECLARATIONS.name, key=key_of(row["stream_id"]), value=compose(row, SERVICE)
    )
    await connection.execute("delete from outbox where id = $1", row["id"])
