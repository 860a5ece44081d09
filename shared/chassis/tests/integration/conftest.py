"""A probe service for each test: a database of its own, a topic of its own on a real Kafka."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chassis import logs
from chassis.db import Database
from chassis.migrations import create_v1
from contracts.topics import INCIDENTS, PARTITIONS
from local_platform.kafka import Kafka
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from testkit.databases import DatabaseUrls
from testkit.probe import EFFECTS, Probe


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As in production: what fails is told by class and place, not by content."""
    logs.configure("probe", "INFO")


async def make_topics(address: str, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    finally:
        await admin.close()


async def delete_topic(address: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.delete_topics([name])
    finally:
        await admin.close()


class _Op:
    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: str) -> None:
        self.statements.append(statement)


async def make_tables(urls: DatabaseUrls) -> None:
    op = _Op()
    create_v1(op)
    engine = create_async_engine(urls.owner, poolclass=NullPool)
    async with engine.begin() as tx:
        for statement in [*op.statements, EFFECTS]:
            await tx.execute(text(statement))
    await engine.dispose()


@pytest.fixture
async def urls(new_database: Callable[[str], Awaitable[DatabaseUrls]]) -> DatabaseUrls:
    urls = await new_database("probe")
    await make_tables(urls)
    return urls


@pytest.fixture
async def probe(urls: DatabaseUrls, kafka: str) -> AsyncIterator[Probe]:
    """On the broker that all tests share."""
    topic = f"probe-{uuid4().hex[:8]}.v1"
    await make_topics(kafka, topic)
    db = Database(urls.service)
    yield Probe(urls.service, kafka, topic, db)
    await db.close()


@pytest.fixture(scope="session")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that tests may stop, kill and wipe."""
    node = Kafka(tmp_path_factory.mktemp("own-kafka"))
    node.start()
    yield node
    node.stop()


@pytest.fixture
async def shaken(urls: DatabaseUrls, own_kafka: Kafka) -> AsyncIterator[Probe]:
    """On the broker that tests may kill; it runs when the test starts."""
    if own_kafka.process is None or own_kafka.process.poll() is not None:
        own_kafka.start()
    topic = f"shaken-{uuid4().hex[:8]}.v1"
    await make_topics(own_kafka.address, topic, INCIDENTS.name)
    db = Database(urls.service)
    yield Probe(urls.service, own_kafka.address, topic, db)
    await db.close()
