"""Events too large: refused where they are written, and waited with where a topic takes less."""

import asyncio
from uuid import UUID, uuid4

import pytest
from chassis.outbox import EventTooLarge
from chassis.partitions import partition_of
from chassis.tables import MAX_DATA_BYTES
from local_platform.cluster import Cluster
from testkit.probe import Probe, running, until

pytestmark = pytest.mark.timeout(300)
TAKEN_BYTES = 50_000
LARGE = "x" * 2 * TAKEN_BYTES


async def test_event_larger_than_any_topic_takes_is_refused_where_it_is_written(
    probe: Probe,
) -> None:
    with pytest.raises(EventTooLarge):
        await probe.note(uuid4(), "x" * MAX_DATA_BYTES)
    assert await probe.one("select count(*) from outbox") == 0
    stream, consumer = uuid4(), probe.consumer()
    async with running(probe.relay(), consumer):
        await probe.note(stream, "x" * (MAX_DATA_BYTES - 100))
        await until(lambda: consumer.tally.applied == 1)


async def test_event_that_a_topic_does_not_take_waits_with_one_line_and_others_go_on(
    probe: Probe, kafka_node: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    large = uuid4()
    others = [each for each in (uuid4() for _ in range(50)) if not same_partition(each, large)]
    await limit(kafka_node, probe.topic, TAKEN_BYTES)
    relay, consumer = probe.relay(), probe.consumer()
    async with running(relay, consumer):
        await probe.note(large, LARGE)
        await until(lambda: f"MessageSizeTooLargeError: {probe.topic}" in str(relay._trouble))
        await asyncio.gather(*(probe.note(each, "a") for each in others))
        await until(lambda: consumer.tally.applied == len(others), 60)
        await until(lambda: probe.one("select count(*) = 1 from outbox"))
        told = capfd.readouterr()
        lines = [each for each in (told.out + told.err).splitlines() if "TooLarge" in each]
        assert len(lines) == 1, lines
        assert LARGE not in lines[0]
        await limit(kafka_node, probe.topic, 10 * TAKEN_BYTES)
        await until(lambda: probe.notes(large), 60)
        await until(lambda: relay._trouble is None)
    assert await probe.notes(large) == [LARGE]


def same_partition(one: UUID, other: UUID) -> bool:
    return partition_of(one) == partition_of(other)


async def limit(cluster: Cluster, topic: str, size: int) -> None:
    what = ("--entity-type", "topics", "--entity-name", topic)
    change = ("--alter", *what, "--add-config", f"max.message.bytes={size}")
    await asyncio.to_thread(cluster.command, "kafka-configs.sh", *change)
