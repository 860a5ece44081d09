"""An operator's hand on offsets, topics and partitions: PostgreSQL says where a reader goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from contracts.topics import CASES, PARTITIONS, TOPICS
from local_platform.cluster import COPIES, IN_SYNC, Cluster
from local_platform.failure import PlatformFailed
from testkit.probe import Probe, running, until

pytestmark = pytest.mark.timeout(300)
Find = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
async def topics(kafka_node: Cluster) -> Cluster:
    """The registry's topics and rights, by the scripts that Kubernetes runs."""
    await kafka_node.provide_topics()
    return kafka_node


async def test_topics_of_the_registry_have_three_copies_of_which_two_must_have_a_record(
    topics: Cluster, partitions_of: Find
) -> None:
    for topic in TOPICS:
        found = await partitions_of(topics, topic.name)
        assert len(found) == topic.partitions
        assert {len(each["replicas"]) for each in found} == {COPIES}
    told = await asyncio.to_thread(topics.command, "kafka-topics.sh", "--describe")
    described = [line for line in told.splitlines() if "PartitionCount" in line]
    kept = [line for line in described if f"Topic: {CASES.name}\t" in line]
    assert len(kept) == 1
    assert f"min.insync.replicas={IN_SYNC}" in kept[0]
    assert "retention.ms=-1" in kept[0]


async def test_making_topics_again_changes_nothing_and_refuses_another_number_of_partitions(
    topics: Cluster, tmp_path: Path
) -> None:
    await topics.provide_topics()
    script = Path(__file__).parents[2] / "deploy" / "kafka" / "create-topics"
    (tmp_path / "create-topics").write_text(script.read_text())
    (tmp_path / "create-topics").chmod(0o755)
    (tmp_path / "topics.tsv").write_text(f"{CASES.name}\t{PARTITIONS + 1}\tmatcher\tnotifier\n")
    with pytest.raises(PlatformFailed) as refused:
        topics.run([tmp_path / "create-topics"], REPLICATION=COPIES, IN_SYNC=IN_SYNC)
    expected = f"topic {CASES.name} has {PARTITIONS} partitions instead of {PARTITIONS + 1}"
    assert str(refused.value).startswith(f"create-topics: {expected}")


@pytest.mark.parametrize("to", ["--to-earliest", "--to-latest"])
async def test_offsets_that_an_operator_has_moved_change_nothing(
    probe: Probe, kafka_node: Cluster, drained: Find, to: str
) -> None:
    streams = [uuid4() for _ in range(6)]

    async def note(text: str) -> None:
        await asyncio.gather(*(probe.note(each, text) for each in streams))

    async with running(probe.relay()):
        first = probe.consumer()
        async with running(first):
            await note("0")
            await until(lambda: first.tally.applied == len(streams))
        await note("1")
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
        move = ("--reset-offsets", "--group", probe.group, "--topic", probe.topic, to, "--execute")
        told = await asyncio.to_thread(kafka_node.command, "kafka-consumer-groups.sh", *move)
        assert told.count(probe.topic) >= PARTITIONS
        second = probe.consumer()
        async with running(second):
            await note("2")
            await drained(probe, streams, 3)
            assert (second.tally.applied, second.tally.duplicate) == (2 * len(streams), 0)


async def test_topic_made_anew_and_empty_stops_its_reader(
    probe: Probe, kafka_node: Cluster, make_topic: Find, drop_topic: Find
) -> None:
    stream, consumer = uuid4(), probe.consumer()
    async with running(probe.relay(), consumer):
        await probe.note(stream, "a", "b")
        await until(lambda: consumer.tally.applied == 2)
        await drop_topic(kafka_node, probe.topic)
        await make_topic(kafka_node, probe.topic)
        await until(probe.incidents, 60)
        assert await probe.incidents() == ["another-log"]
        assert "another-log" in str(await consumer.ready())
    assert await probe.notes(stream) == ["a", "b"]
