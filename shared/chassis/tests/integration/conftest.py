"""A Kafka of its own for tests that kill it; the probe has its fixtures in `testkit.probing`."""

import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from chassis import logs
from local_platform.cluster import Cluster
from local_platform.kafka import Kafka
from testkit.probe import Probe, admit_probe
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
