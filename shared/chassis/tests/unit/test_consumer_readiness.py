"""What a consumer says to `/ready` before it has a connection; none is made here."""

import asyncio
from datetime import UTC, datetime

from chassis.broker import Broker
from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.db import Database

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


async def test_a_consumer_that_does_not_run_leaves_the_api_ready() -> None:
    db = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing", size=1)
    nobody = Broker("127.0.0.1:1")
    consumer = Consumer(db, nobody, "matcher", ["cases.v1"], [], clock=FixedClock(NOW))
    assert await consumer.ready() is None
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    await asyncio.sleep(0)
    assert await consumer.ready() is not None
    stop.set()
    await running
    await db.close()
