"""Each service may write its own topics and read, in its own group, those the registry names."""

import asyncio
from uuid import uuid4

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import NoOffsetForPartitionError, TopicAuthorizationFailedError, for_code
from chassis import kafka as clients
from chassis import outbox
from chassis.broker import Broker
from chassis.clock import FixedClock
from chassis.consumer import Consumer, Subscription
from chassis.errors import WrongSetting
from contracts.topics import CASES, DECLARATIONS, INCIDENTS, TOPICS, read_by, written_by
from local_platform.cluster import Cluster
from local_platform.kafka import open_admin
from local_platform.services import WITH_DATABASE
from testkit.probe import AT, SERVICE, Probe, note_effect, on, running, until

pytestmark = pytest.mark.timeout(300)
NAMES = {topic.name for topic in TOPICS}


@pytest.fixture(scope="module")
async def topics(kafka_node: Cluster) -> Cluster:
    """Each with one record in its first partition."""
    await kafka_node.provide_topics()
    for topic in TOPICS:
        assert await may_write(kafka_node.broker("admin"), topic.name)
    return kafka_node


async def may_write(broker: Broker, topic: str) -> bool:
    producer = clients.producer(broker, "rights")
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"{}", partition=0)
    except clients.AUTHORIZATION:
        return False
    finally:
        await clients.close(producer)
    return True


async def may_read(broker: Broker, topic: str) -> bool:
    reader = clients.reader(broker, "rights")
    tp = clients.TopicPartition(topic, 0)
    try:
        await reader.start()
        reader.assign([tp])
        reader.seek(tp, 0)
        # Of a topic that we may not even see, the library says nothing here.
        while topic not in reader._client.cluster.unauthorized_topics:
            if await reader.getmany(tp, timeout_ms=200):
                return True
    except clients.AUTHORIZATION:
        pass
    finally:
        await clients.close(reader)
    return False


async def may_join(broker: Broker, group: str, topic: str) -> bool:
    member = clients.group_consumer(broker, group, session_seconds=6)
    joined = Joined()
    try:
        member.subscribe([topic], listener=joined)
        await member.start()
        while not joined.partitions:
            await member.getmany(timeout_ms=200)
    except (NoOffsetForPartitionError, *clients.AUTHORIZATION):
        pass
    finally:
        await clients.close(member)
    return joined.partitions > 0


class Joined(clients.ConsumerRebalanceListener):
    partitions = 0

    def on_partitions_revoked(self, revoked: set[object]) -> None: ...

    def on_partitions_assigned(self, assigned: set[object]) -> None:
        self.partitions = len(assigned)


@pytest.mark.parametrize("service", WITH_DATABASE)
async def test_service_may_write_and_read_what_the_registry_says_and_nothing_else(
    topics: Cluster, service: str
) -> None:
    broker = topics.broker(service)
    writes, reads = await asyncio.gather(
        asyncio.gather(*(may_write(broker, name) for name in sorted(NAMES))),
        asyncio.gather(*(may_read(broker, name) for name in sorted(NAMES))),
    )
    allowed = dict(zip(sorted(NAMES), zip(writes, reads, strict=True), strict=True))
    own, named = ({topic.name for topic in of(service)} for of in (written_by, read_by))
    assert allowed == {name: (name in own, name in named) for name in NAMES}


async def test_service_may_join_its_own_group_and_no_other(topics: Cluster) -> None:
    broker = topics.broker("matcher")
    assert await may_join(broker, "matcher", DECLARATIONS.name)
    assert not await may_join(broker, "event-feed", DECLARATIONS.name)


async def test_no_service_may_make_or_delete_a_topic(topics: Cluster) -> None:
    admin = await open_admin(topics.broker("matcher"))
    try:
        made = await admin.create_topics([NewTopic("strange.v1", 1, 1)])
        gone = await admin.delete_topics([CASES.name])
    finally:
        await admin.close()
    codes = [
        made.to_object()["topic_errors"][0]["error_code"],
        gone.to_object()["topic_error_codes"][0]["error_code"],
    ]
    assert {for_code(code) for code in codes} == {TopicAuthorizationFailedError}


async def test_service_that_writes_a_topic_of_another_says_so_in_one_line(
    topics: Cluster, probe: Probe, capfd: pytest.CaptureFixture[str]
) -> None:
    async with probe.db.begin() as tx:
        foreign = on(CASES.name)(note="a")
        await outbox.add(tx, foreign, stream=uuid4(), tenant="acme", at=AT)
    relay = probe.relay()
    async with running(relay):
        expected = f"kafka: TopicAuthorizationFailedError: user probe may not use {CASES.name}"
        await until(lambda: relay._trouble == expected, 40)
        assert await relay.ready() == f"relay: {expected}"
        assert await probe.one("select count(*) from outbox") == 1
        await asyncio.sleep(1)
    told = capfd.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if CASES.name in line]
    assert len(lines) == 1


async def test_service_that_reads_a_topic_of_another_says_so_in_one_line(
    topics: Cluster, probe: Probe, capfd: pytest.CaptureFixture[str]
) -> None:
    consumer = Consumer(
        probe.db,
        probe.broker,
        probe.group,
        [DECLARATIONS.name],
        [Subscription(on(DECLARATIONS.name), note_effect)],
        clock=FixedClock(AT),
    )
    async with running(consumer):
        await until(lambda: "may not use" in str(consumer._trouble), 40)
        assert f"user probe may not use {DECLARATIONS.name}" in str(await consumer.ready())
        await asyncio.sleep(1)
    told = capfd.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if DECLARATIONS.name in line]
    assert len(lines) == 1


async def test_restored_service_that_may_not_read_what_it_wrote_names_the_topic(
    topics: Cluster, probe: Probe
) -> None:
    with pytest.raises(WrongSetting) as refused:
        await probe.take_back(INCIDENTS.name)
    assert f"user {SERVICE}" in str(refused.value)
    assert INCIDENTS.name in str(refused.value)
    assert await probe.one("select number from epoch") == 1


async def test_restored_service_whose_last_event_cannot_be_looked_up_names_the_topic(
    topics: Cluster, probe: Probe
) -> None:
    async with probe.db.begin() as tx:
        await outbox.add(tx, on(INCIDENTS.name)(note="a"), stream=uuid4(), tenant="acme", at=AT)
    async with running(probe.relay()):
        await until(lambda: probe.one("select count(*) = 0 from outbox"), 40)
    with pytest.raises(WrongSetting, match=INCIDENTS.name):
        await probe.take_back(INCIDENTS.name)
