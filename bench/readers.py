"""Two ways to read a topic into PostgreSQL that are not ours: what the machine can do at all, and
what one would otherwise write.
"""

import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.applying import Subscription
from chassis.broker import Broker
from chassis.db import Database
from contracts.envelope import decode
from contracts.topics import PARTITIONS
from sqlalchemy import text

TABLES = """
create table effect (id uuid, stream uuid, body bytea);
create table inbox (id uuid primary key);
"""
_BATCH = 500
_SEEN = text("insert into inbox (id) values (:id) on conflict do nothing returning id")


async def read_raw(
    broker: Broker, topics: Sequence[str], total: int, connection: asyncpg.Connection
) -> float:
    """Events a second of a loop that only moves bytes: no order, no duplicates, no meaning."""
    consumer = AIOKafkaConsumer(**broker.options(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, n) for topic in topics for n in range(PARTITIONS)])
        begun, read = time.perf_counter(), 0
        while read < total:
            fetched = await consumer.getmany(timeout_ms=200, max_records=_BATCH)
            rows = [
                (UUID(int=read + place), UUID((record.key or b"").decode()), record.value)
                for place, record in enumerate(one for each in fetched.values() for one in each)
            ]
            await connection.executemany("insert into effect values ($1, $2, $3)", rows)
            read += len(rows)
        return total / (time.perf_counter() - begun)
    finally:
        await consumer.stop()


async def read_naively(
    broker: Broker, group: str, subscriptions: Sequence[Subscription], total: int, db: Database
) -> float:
    """Events a second of a loop with one transaction an event, an inbox, and a commit of each
    offset. (It keeps no order between a held event and the next, and trusts Kafka's offsets.)
    """
    by_type = {each.model.type: each for each in subscriptions}
    topics = {each.model.topic for each in subscriptions}
    consumer = AIOKafkaConsumer(
        *topics,
        **broker.options(),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        begun, read = 0.0, 0
        async for record in consumer:
            begun = begun or time.perf_counter()
            event = decode(record.value)
            found = by_type[event.type]
            async with db.begin() as tx:
                if (await tx.execute(_SEEN, {"id": event.id})).first() is not None:
                    await found.reaction(tx, event, found.model.model_validate(event.data))
            place = TopicPartition(record.topic, record.partition)
            await consumer.commit({place: record.offset + 1})
            read += 1
            if read == total:
                break
        return total / (time.perf_counter() - begun)
    finally:
        await consumer.stop()
