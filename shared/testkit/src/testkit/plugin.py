"""Fixtures for every test of the workspace, with one PostgreSQL and one Kafka for the whole run.

Both start when first asked for. `database("matcher")` gives a fresh, migrated database as that
service sees it. Keys, directory and tokens are made at run time. Nothing here replaces a part of
ours: stand-ins are the outside world.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chassis.access import TokenIssuer
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.directory import Directory
from chassis.sealing import PersonRefs, Sealer
from contracts.topics import TOPICS
from local_platform.cluster import Cluster
from local_platform.kafka import Kafka, delete_topics
from local_platform.material import Material, provide_material
from local_platform.postgres import Postgres
from local_platform.services import SERVICES

from testkit.databases import Databases, DatabaseUrls
from testkit.mailbox import Mailbox
from testkit.probe import SERVICE as PROBE
from testkit.probe import admit_probe

pytest_plugins = ("testkit.probing",)
MONDAY_MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)

OpenDatabase = Callable[[str], Awaitable[Database]]
NewDatabase = Callable[[str], Awaitable[DatabaseUrls]]
IssueToken = Callable[[str, str], Awaitable[str]]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kafka",
        choices=("node", "cluster"),
        default="node",
        help="one node in the clear, or three with TLS, passwords and rights as in production",
    )


@pytest.fixture(scope="session")
def new_kafka(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Kafka | Cluster]:
    """Not started yet; the node or cluster that `--kafka` asks for."""

    def make() -> Kafka | Cluster:
        folder = tmp_path_factory.mktemp("kafka")
        if request.config.getoption("--kafka") == "cluster":
            return Cluster(folder, users=[PROBE])
        return Kafka(folder)

    return make


@pytest.fixture(scope="session")
def kafka_node(new_kafka: Callable[[], Kafka | Cluster]) -> Iterator[Kafka | Cluster]:
    """What all tests share; those that break something start their own."""
    servers = new_kafka()
    try:
        servers.start()
        admit_probe(servers)
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="session")
async def kafka(kafka_node: Kafka | Cluster) -> str:
    """The broker's address; its topics are there and may hold other tests' records."""
    await kafka_node.provide_topics()
    return kafka_node.address


@pytest.fixture
async def empty_topics(kafka_node: Kafka | Cluster) -> str:
    """The broker's address, with every topic of the registry made anew for this test."""
    await delete_topics(kafka_node.broker("admin"), [topic.name for topic in TOPICS])
    await kafka_node.provide_topics()
    return kafka_node.address


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    return Databases(postgres)


@pytest.fixture
async def new_database(databases: Databases) -> AsyncIterator[NewDatabase]:
    """`urls = await new_database("matcher")`: migrated if it is one of our services, else empty."""
    made: list[DatabaseUrls] = []

    async def make(service: str) -> DatabaseUrls:
        made.append(await databases.make(service))
        return made[-1]

    yield make
    for urls in made:
        await databases.drop(urls)


@pytest.fixture
async def database(new_database: NewDatabase) -> AsyncIterator[OpenDatabase]:
    """`db = await database("matcher")`, with the rights of the service's own role."""
    opened: list[Database] = []

    async def open_new(service: str) -> Database:
        urls = await new_database(service)
        opened.append(Database(urls.service))
        return opened[-1]

    yield open_new
    for each in opened:
        await each.close()


@pytest.fixture
def fixed_clock() -> FixedClock:
    """Monday 2 March 2026, 08:00 in Paris; `move_to` moves it."""
    return FixedClock(MONDAY_MORNING)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return provide_material(tmp_path_factory.mktemp("material"), SERVICES)


@pytest.fixture(scope="session")
def keys_dir(material: Material) -> Path:
    """Every key there is: the gateway holds them all."""
    return material.keys("declaration-gateway")


@pytest.fixture(scope="session")
def directory_file(material: Material) -> Path:
    return material.directory


@pytest.fixture(scope="session")
def directory(directory_file: Path) -> Directory:
    return Directory.load(directory_file)


@pytest.fixture(scope="session")
def sealer(keys_dir: Path) -> Sealer:
    return Sealer(keys_dir)


@pytest.fixture(scope="session")
def person_refs(keys_dir: Path) -> PersonRefs:
    return PersonRefs(keys_dir)


@pytest.fixture(scope="session")
def token(material: Material, keys_dir: Path, directory: Directory) -> IssueToken:
    """`await token("sirh-kerbrat", "matcher")`: client and audience (the service's folder)."""
    issuer = TokenIssuer(keys_dir, directory)

    async def issue(client: str, audience: str) -> str:
        return (await issuer.issue(client, material.secret(client), audience))[0]

    return issue


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server on the loopback: `host`, `port`, `messages`, `refuse_with`."""
    with Mailbox() as box:
        yield box
