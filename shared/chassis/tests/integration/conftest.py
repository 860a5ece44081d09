"""A probe service for each test: a database of its own, a topic of its own on a real Kafka."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError
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
    """A broker that has just opened its port needs a moment to answer."""
    for _ in range(40):
        admin = AIOKafkaAdminClient(bootstrap_servers=address)
        try:
            await admin.start()
            break
        except KafkaConnectionError:
            await admin.close()
            await asyncio.sleep(0.25)
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


@pytest.fixture
def make_topic() -> Callable[..., Awaitable[None]]:
    return make_topics


@pytest.fixture
def drop_topic() -> Callable[[str, str], Awaitable[None]]:
    return delete_topic


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


NewProbe = Callable[[str], Awaitable[Probe]]


@pytest.fixture
async def new_probe(
    new_database: Callable[[str], Awaitable[DatabaseUrls]],
) -> AsyncIterator[NewProbe]:
    """`probe = await new_probe(address)`: a database and a topic on the broker at that address."""
    made: list[Probe] = []

    async def make(address: str) -> Probe:
        urls = await new_database("probe")
        await make_tables(urls)
        topic = f"probe-{uuid4().hex[:8]}.v1"
        await make_topics(address, topic, INCIDENTS.name)
        made.append(Probe(urls.service, address, topic, Database(urls.service)))
        return made[-1]

    yield make
    for probe in made:
        await probe.db.close()


@pytest.fixture
async def probe(new_probe: NewProbe, kafka: str) -> Probe:
    """On the broker that all tests share."""
    return await new_probe(kafka)


@pytest.fixture(scope="session")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that tests may stop, kill and wipe."""
    node = Kafka(tmp_path_factory.mktemp("own-kafka"))
    node.start()
    yield node
    node.stop()


@pytest.fixture
async def shaken(new_probe: NewProbe, own_kafka: Kafka) -> AsyncIterator[Probe]:
    """On the broker that tests may kill; it runs when the test starts."""
    if own_kafka.process is None or own_kafka.process.poll() is not None:
        own_kafka.start()
    yield await new_probe(own_kafka.address)
    # aiokafka drops a socket unclosed when it is closed while it connects; here it is collected,
    # so that its warning fails no other test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
