"""A broker that goes away, comes back on its data, or comes back with other data."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from chassis.partitions import partition_of
from chassis.replay import rebase, replay
from contracts.topics import INCIDENTS
from local_platform.cluster import Cluster
from local_platform.kafka import Kafka
from local_platform.processes import free_ports
from testkit.probe import SERVICE, Probe, admit_probe, running, until

Servers = Kafka | Cluster
MakeTopic = Callable[..., Awaitable[None]]


async def test_broker_killed_and_restarted_on_its_data_is_recovered_from_silently(
    shaken: Probe, own_kafka: Servers
) -> None:
    stream = uuid4()
    relay, consumer = shaken.relay(), shaken.consumer()
    async with running(relay, consumer):
        await shaken.note(stream, "a")
        await until(lambda: consumer.tally.applied == 1)
        own_kafka.kill()
        await shaken.note(stream, "b")
        own_kafka.start()
        await shaken.note(stream, "c")
        await until(lambda: consumer.tally.applied == 3, 40)
        await until(lambda: shaken.one("select count(*) = 0 from outbox"))
    assert await shaken.notes(stream) == ["a", "b", "c"]
    assert await shaken.incidents(only_open=False) == []


async def test_frozen_broker_is_not_waited_for_and_nothing_is_lost_when_it_wakes(
    shaken: Probe, own_kafka: Servers
) -> None:
    stream = uuid4()
    relay, consumer = shaken.relay(flush_seconds=1.0), shaken.consumer()
    async with running(relay, consumer):
        await shaken.note(stream, "a")
        await until(lambda: consumer.tally.applied == 1)
        await until(lambda: shaken.one("select count(*) = 0 from outbox"))
        for node in own_kafka.nodes:
            node.freeze()
        await shaken.note(stream, "b", "c")
        await until(lambda: str(relay._trouble).startswith("kafka: "), 60)
        assert await shaken.one("select count(*) from outbox") == 2
        await shaken.note(stream, "d")
        for node in own_kafka.nodes:
            node.wake()
        await until(lambda: consumer.tally.applied == 4, 60)
        await until(lambda: shaken.one("select count(*) = 0 from outbox"), 40)
    assert await shaken.notes(stream) == ["a", "b", "c", "d"]
    assert await shaken.incidents(only_open=False) == []


async def test_relay_and_consumer_start_before_the_broker_and_wait_for_it(
    shaken: Probe, own_kafka: Servers
) -> None:
    stream = uuid4()
    own_kafka.kill()
    relay, consumer = shaken.relay(), shaken.consumer()
    async with running(relay, consumer):
        await shaken.note(stream, "a")
        await until(lambda: str(relay._trouble).startswith("kafka: 127.0.0.1:"), 60)
        assert await relay.ready() == f"relay: {relay._trouble}"
        own_kafka.start()
        await until(lambda: consumer.tally.applied == 1, 40)
        await until(relay_is_ready(relay))
    assert await shaken.notes(stream) == ["a"]


async def test_wiped_log_stops_the_consumer_until_rebase_and_replay_apply_nothing_twice(
    shaken: Probe, own_kafka: Servers, make_topic: MakeTopic
) -> None:
    stream = uuid4()
    async with running(shaken.relay()):
        first = shaken.consumer()
        async with running(first):
            await shaken.note(stream, "a", "b", "c")
            await until(lambda: first.tally.applied == 3)
            await until(lambda: shaken.one("select count(*) = 0 from outbox"))
    await start_empty(own_kafka, shaken, make_topic)
    consumer = shaken.consumer()
    async with running(consumer):
        await until(shaken.incidents, 40)
        assert await shaken.incidents() == ["another-log"]
        assert "another-log" in str(await consumer.ready())
        assert await replay(shaken.db) == 3
        assert await rebase(shaken.db) == 1
        async with running(shaken.relay()):
            await shaken.note(stream, "d")
            await until(lambda: consumer.tally.applied == 1, 40)
        assert consumer.tally.duplicate == 3
        assert await consumer.ready() is None
    assert await shaken.notes(stream) == ["a", "b", "c", "d"]
    assert await shaken.incidents() == []


async def test_log_wiped_while_the_consumer_runs_stops_it(
    shaken: Probe, own_kafka: Servers, make_topic: MakeTopic
) -> None:
    stream = uuid4()
    consumer = shaken.consumer()
    async with running(consumer):
        await shaken.publish(stream, *(shaken.event(stream, n, str(n)) for n in range(1, 6)))
        await until(lambda: consumer.tally.applied == 5)
        await start_empty(own_kafka, shaken, make_topic)
        await until(shaken.incidents, 40)
    assert await shaken.incidents() == ["another-log"]


async def test_new_log_grown_past_our_position_while_the_consumer_runs_is_noticed(
    shaken: Probe, own_kafka: Servers, make_topic: MakeTopic
) -> None:
    stream = uuid4()
    consumer = shaken.consumer()
    async with running(consumer):
        await shaken.publish(stream, *(shaken.event(stream, n, str(n)) for n in range(1, 6)))
        await until(lambda: consumer.tally.applied == 5)
        await grow_elsewhere(own_kafka, shaken, make_topic, stream)
        await until(shaken.incidents, 40)
        assert "another-log" in str(await consumer.ready())
    assert await shaken.incidents() == ["another-log"]
    assert await shaken.one("select count(*) from effect") == 5


async def test_topic_made_anew_and_grown_past_our_position_is_noticed(
    shaken: Probe, own_kafka: Servers, make_topic: MakeTopic, drop_topic: MakeTopic
) -> None:
    stream = uuid4()
    consumer = shaken.consumer()
    async with running(consumer):
        await shaken.publish(stream, *(shaken.event(stream, n, str(n)) for n in range(1, 4)))
        await until(lambda: consumer.tally.applied == 3)
        await drop_topic(own_kafka, shaken.topic)
        await make_topic(own_kafka, shaken.topic)
        await publish_foreign(shaken, stream, 10)
        await until(shaken.incidents, 40)
    assert await shaken.incidents() == ["another-log"]
    assert await shaken.one("select count(*) from effect") == 3


def relay_is_ready(relay: object) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await relay.ready() is None  # type: ignore[attr-defined]

    return ready


async def start_empty(kafka: Servers, probe: Probe, make_topic: MakeTopic) -> None:
    kafka.kill()
    kafka.wipe()
    kafka.start()
    admit_probe(kafka)
    await make_topic(kafka, probe.topic, INCIDENTS.name)


async def grow_elsewhere(kafka: Servers, probe: Probe, make_topic: MakeTopic, stream: UUID) -> None:
    """The new log grows where the consumer cannot see it, then takes the old one's address."""
    ports = [node.port for node in kafka.nodes]
    kafka.kill()
    move(kafka, free_ports(len(ports)))
    kafka.wipe()
    kafka.start()
    admit_probe(kafka)
    await make_topic(kafka, probe.topic, INCIDENTS.name)
    probe.broker = kafka.broker(SERVICE)
    await publish_foreign(probe, stream, 20)
    kafka.stop()
    move(kafka, ports)
    kafka.start()
    probe.broker = kafka.broker(SERVICE)


def move(kafka: Servers, ports: list[int]) -> None:
    for node, port in zip(kafka.nodes, ports, strict=True):
        node.port = port


async def publish_foreign(probe: Probe, like: UUID, count: int) -> None:
    """Events of other streams in the partition of this one."""
    streams = (uuid4() for _ in range(10_000))
    near = [each for each in streams if partition_of(each) == partition_of(like)][:count]
    await probe.publish(like, *(probe.event(each, 1, "foreign") for each in near))
