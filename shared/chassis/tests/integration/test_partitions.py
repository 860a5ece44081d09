"""A topic whose number of partitions was changed: nothing more is read, and it is said why."""

from uuid import uuid4

from aiokafka.admin import NewPartitions
from chassis.incidents import list_incidents
from contracts.topics import PARTITIONS
from local_platform.cluster import Cluster
from local_platform.kafka import Kafka, open_admin
from testkit.probe import Probe, running, until


async def add_partition(kafka: Kafka | Cluster, probe: Probe) -> None:
    admin = await open_admin(kafka.broker("admin"))
    try:
        await admin.create_partitions({probe.topic: NewPartitions(PARTITIONS + 1)})
    finally:
        await admin.close()


async def test_a_consumer_stops_when_a_partition_is_added_and_says_which_topic(
    probe: Probe, kafka_node: Kafka | Cluster
) -> None:
    stream, consumer = uuid4(), probe.consumer()
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "a"))
        await until(lambda: consumer.tally.applied == 1)
        await add_partition(kafka_node, probe)
        await until(probe.incidents, 40)
        await probe.publish(stream, probe.event(stream, 2, "b"))
        expected = f"{probe.topic} has {PARTITIONS + 1} partitions, not {PARTITIONS}"
        assert await consumer.ready() == f"consumer: partitions-changed {expected}"
        async with probe.db.begin() as tx:
            told = [(row["kind"], row["key"]) for row in await list_incidents(tx, only_open=True)]
    assert told == [("partitions-changed", expected)]
    assert await probe.notes(stream) == ["a"]


async def test_a_consumer_that_starts_on_too_many_partitions_reads_nothing(
    probe: Probe, kafka_node: Kafka | Cluster
) -> None:
    await add_partition(kafka_node, probe)
    stream, consumer = uuid4(), probe.consumer()
    async with running(consumer):
        await until(probe.incidents, 40)
        await probe.publish(stream, probe.event(stream, 1, "a"))
        assert await consumer.ready() is not None
    assert await probe.incidents() == ["partitions-changed"]
    assert await probe.notes(stream) == []
