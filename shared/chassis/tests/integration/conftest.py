"""A Kafka of its own for tests that kill it, and an operator; the probe is of `testkit.probing`."""

import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from chassis import logs
from chassis.access import Verifier
from chassis.app import create_app
from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.incidents import Incidents
from chassis.operations import operations_router
from chassis.problems import Catalogue
from local_platform.cluster import Cluster
from local_platform.kafka import Kafka
from testkit.probe import AT, SERVICE, Fickle, Probe, admit_probe
from testkit.probing import NewProbe

Servers = Kafka | Cluster


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As in production: what fails is told by class and place, not by content."""
    logs.configure("probe", "INFO")


@pytest.fixture(scope="session")
def own_kafka(new_kafka: Callable[[], Servers]) -> Iterator[Servers]:
    """A Kafka that tests may stop, kill and wipe."""
    kafka = new_kafka()
    try:
        kafka.start()
        admit_probe(kafka)
        yield kafka
    finally:
        kafka.stop()


@pytest.fixture
async def shaken(new_probe: NewProbe, own_kafka: Servers) -> AsyncIterator[Probe]:
    """On the Kafka that tests may kill; it runs when the test starts."""
    for node in own_kafka.nodes:
        node.wake()
    if not all(node.runs for node in own_kafka.nodes):
        own_kafka.start()
    yield await new_probe(own_kafka)
    # aiokafka drops a socket unclosed when it is closed while it connects; here it is collected,
    # so that its warning fails no other test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def fickle() -> Fickle:
    return Fickle()


@pytest.fixture
def consumer(probe: Probe, fickle: Fickle) -> Consumer:
    return probe.consumer(fickle)


@pytest.fixture
async def http(
    probe: Probe, consumer: Consumer, keys_dir: Path, token: Callable[[str, str], Awaitable[str]]
) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's, of the service whose consumer this is."""
    incidents = Incidents(probe.group, FixedClock(AT))
    app = create_app(
        SERVICE,
        production=True,
        routers=[operations_router(probe.db, incidents, consumer.applier)],
        problems=Catalogue.load(),
        readiness={},
        verifier=Verifier(keys_dir, SERVICE),
    )
    bearer = {"Authorization": f"Bearer {await token('exploitation', SERVICE)}"}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://p", headers=bearer) as found:
        yield found
