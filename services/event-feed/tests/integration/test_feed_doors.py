"""From Kafka to the reader: the service on a real broker, and its tables as migrated."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis import kafka as clients
from chassis.broker import Broker
from chassis.partitions import key_of, partition_of
from contracts.envelope import Event
from contracts.events import BY_TYPE
from event_feed.settings import Settings
from event_feed.store.tables import metadata
from event_feed.wiring import build
from pydantic import SecretStr
from testkit.plugin import NewDatabase


async def publish(address: str, *records: Event) -> None:
    producer = clients.producer(Broker(address), "test")
    await producer.start()
    try:
        for event in records:
            await producer.send_and_wait(
                BY_TYPE[event.type].topic,
                event.encode(),
                key=key_of(event.stream),
                partition=partition_of(event.stream),
            )
    finally:
        await producer.stop()


async def test_events_on_kafka_come_out_of_the_feed_once_and_in_order(
    empty_topics: str, new_database: NewDatabase, keys_dir: Path, directory_file: Path, story: Any,
    token: Callable[[str, str], Awaitable[str]],
) -> None:  # fmt: skip
    told = story()
    statement = await told.paid()
    declared, case, proof = await told.declared(), told.case(), told.acknowledged()
    await publish(empty_topics, case, statement, proof, declared, declared)
    urls = await new_database("event-feed")
    parts = build(
        Settings(
            mode="test", database=SecretStr(urls.service), kafka=empty_topics, keys=keys_dir,
            directory=directory_file,
        )
    )  # fmt: skip
    stop = asyncio.Event()
    working = [asyncio.create_task(worker.run(stop)) for worker in parts.workers]
    bearer = await token("prevoyance-aurore", "event-feed")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(parts.app),
        base_url="http://feed",
        headers={"Authorization": f"Bearer {bearer}"},
    ) as reader:
        seen: list[dict[str, Any]] = []
        cursor = ""
        async with asyncio.timeout(40):
            while len(seen) < 3:
                page = (await reader.get("/v1/feed", params={"cursor": cursor, "wait": 5})).json()
                seen, cursor = seen + page["items"], page["next"]
            await publish(empty_topics, told.matched(statement.stream), proof)
            while len(seen) < 5:
                page = (await reader.get("/v1/feed", params={"cursor": cursor, "wait": 5})).json()
                seen, cursor = seen + page["items"], page["next"]
        quiet = (await reader.get("/quiescence")).json()
    stop.set()
    await asyncio.gather(*working)
    for close in parts.closers:
        await close()
    assert [item["position"] for item in seen] == [1, 2, 3, 4, 5]
    kinds = [item["type"].removeprefix("fr.jonction.") for item in seen]
    assert kinds[0] == "declaration.submitted"
    assert sorted(kinds[1:3]) == ["case.opened", "submission.acknowledged"]
    assert sorted(kinds[3:]) == ["case.matched", "statement.received"]
    assert quiet["service"] == "event-feed"


@pytest.mark.parametrize("service", ["event-feed"])
async def test_migrated_tables_are_the_declared_ones(
    new_database: NewDatabase, service: str
) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine((await new_database(service)).owner)
    async with engine.connect() as connection:
        drift = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await engine.dispose()
    assert [change for change in drift if "alembic_version" not in str(change)] == []
