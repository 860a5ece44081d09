"""Events a second out of Kafka into one row each: our consumer, beside a loop that only moves bytes
and beside one transaction an event.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from chassis.clock import SystemClock
from chassis.consumer import Consumer, Subscription
from chassis.db import Database, Tx
from contracts.envelope import Event
from contracts.events import DeclarationSubmitted
from sqlalchemy import text

from bench import facts, readers
from bench.figures import Compared
from bench.ground import Ground
from bench.processes import until

SERVICE = "event-feed"
TOPICS = [DeclarationSubmitted.topic]
EVENTS, NAIVE_EVENTS = 4000, 800
_ROUNDS = 3
_KEEP = text("insert into effect (id, stream, body) values (:id, :stream, :body)")


async def measure(ground: Ground, say: Callable[[str], None]) -> Compared:
    found = Compared()
    await ground.fresh_topics()
    told = facts.composed(await facts.declarations(ground.material, 0, EVENTS))
    await facts.publish(ground.broker, told)
    for number in range(1, _ROUNDS + 1):
        database = await ground.fresh_database(SERVICE, readers.TABLES)
        db = Database(ground.url(database, SERVICE))
        found.ours.append(await _consumed(ground, db, f"bench-{number}"))
        async with ground.connection(database) as connection:
            read = await readers.read_raw(ground.broker, TOPICS, EVENTS, connection)
            found.floor.append(read)
        group = f"bench-naive-{number}"
        found.naive.append(
            await readers.read_naively(ground.broker, group, _table(), NAIVE_EVENTS, db)
        )
        await db.close()
        say(f"consumer, round {number}/{_ROUNDS}: {found.last} events/s")
    return found


def _table() -> list[Subscription]:
    async def keep(tx: Tx, event: Event, data: Any) -> None:
        body = data.model_dump_json().encode()
        await tx.execute(_KEEP, {"id": event.id, "stream": event.subject, "body": body})

    return [Subscription(DeclarationSubmitted, keep)]


async def _consumed(ground: Ground, db: Database, group: str) -> float:
    consumer = Consumer(db, ground.broker, group, TOPICS, _table(), clock=SystemClock())
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    await until(lambda: consumer.tally.applied > 0)
    begun, before = time.perf_counter(), consumer.tally.applied
    await until(lambda: consumer.tally.applied >= EVENTS)
    rate = (EVENTS - before) / (time.perf_counter() - begun)
    stop.set()
    await running
    return rate
