"""A probe service for each test: a database of its own, a topic of its own on a real Kafka."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from aiokafka.admin import NewTopic
from chassis.db import Database
from chassis.migrations import create_v1, create_v2
from contracts.topics import INCIDENTS, PARTITIONS
from local_platform.cluster import Cluster
from local_platform.kafka import Kafka, open_admin
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from testkit.databases import DatabaseUrls
from testkit.probe import EFFECTS, SERVICE, Probe

Servers = Kafka | Cluster


async def make_topics(kafka: Servers, *names: str) -> None:
    admin = await open_admin(kafka.broker("admin"))
    try:
        copies = len(kafka.nodes)
        await admin.create_topics([NewTopic(name, PARTITIONS, copies) for name in names])
    finally:
        await admin.close()


async def delete_topic(kafka: Servers, name: str) -> None:
    admin = await open_admin(kafka.broker("admin"))
    try:
        await admin.delete_topics([name])
    finally:
        await admin.close()


@pytest.fixture
def make_topic() -> Callable[..., Awaitable[None]]:
    return make_topics


@pytest.fixture
def drop_topic() -> Callable[[Servers, str], Awaitable[None]]:
    return delete_topic


class _Op:
    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: str) -> None:
        self.statements.append(statement)


async def make_tables(urls: DatabaseUrls) -> None:
    op = _Op()
    create_v1(op)
    create_v2(op)
    engine = create_async_engine(urls.owner, poolclass=NullPool)
    async with engine.begin() as tx:
        for statement in [*op.statements, EFFECTS]:
            await tx.execute(text(statement))
    await engine.dispose()


NewProbe = Callable[[Servers], Awaitable[Probe]]


@pytest.fixture
async def new_probe(
    new_database: Callable[[str], Awaitable[DatabaseUrls]],
) -> AsyncIterator[NewProbe]:
    """`probe = await new_probe(kafka)`: a database, and a topic on this Kafka."""
    made: list[Probe] = []

    async def make(kafka: Servers) -> Probe:
        urls = await new_database("probe")
        await make_tables(urls)
        topic = f"probe-{uuid4().hex[:8]}.v1"
        await make_topics(kafka, topic, INCIDENTS.name)
        made.append(Probe(urls.service, kafka.broker(SERVICE), topic, Database(urls.service)))
        return made[-1]

    yield make
    for probe in made:
        await probe.db.close()


@pytest.fixture
async def probe(new_probe: NewProbe, kafka_node: Servers) -> Probe:
    """On the Kafka that all tests share."""
    return await new_probe(kafka_node)
