"""Nodes that die under load: one is not noticed, two are waited for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest
from local_platform.cluster import COPIES, Cluster
from testkit.probe import Probe, running, until

pytestmark = pytest.mark.timeout(300)
Find = Callable[..., Coroutine[Any, Any, Any]]
STREAMS = 12


async def test_leader_killed_under_load_loses_nothing_acknowledged_and_repeats_nothing(
    probe: Probe, kafka_node: Cluster, leader_of: Find, write: Find, drained: Find
) -> None:
    streams = [uuid4() for _ in range(STREAMS)]
    consumer = probe.consumer()
    async with running(probe.relay(), consumer):
        writing = asyncio.create_task(write(probe, streams, 8))
        await until(lambda: consumer.tally.applied > STREAMS)
        (await leader_of(kafka_node, probe, streams[0])).kill()
        await drained(probe, streams, await writing)


async def test_every_node_killed_in_its_turn_under_load_is_not_noticed_by_the_reader(
    probe: Probe, kafka_node: Cluster, partitions_of: Find, write: Find, drained: Find
) -> None:
    async def whole() -> bool:
        return all(len(p["isr"]) == COPIES for p in await partitions_of(kafka_node, probe.topic))

    async def kill_all() -> None:
        for node in kafka_node.nodes:
            node.kill()
            await asyncio.sleep(1)
            node.launch()
            await asyncio.to_thread(node.wait)
            await until(whole, 60)

    streams = [uuid4() for _ in range(STREAMS)]
    async with running(probe.relay(), probe.consumer()):
        killing, count = asyncio.create_task(kill_all()), 0
        while not killing.done():
            await asyncio.gather(*(probe.note(each, str(count)) for each in streams))
            count += 1
            await asyncio.sleep(0.2)
        await killing
        await drained(probe, streams, count)


async def test_with_two_nodes_down_writes_wait_in_the_outbox_and_drain_when_they_return(
    probe: Probe, kafka_node: Cluster, write: Find, drained: Find
) -> None:
    streams = [uuid4() for _ in range(STREAMS)]
    relay, consumer = probe.relay(flush_seconds=3), probe.consumer()
    async with running(relay, consumer):
        await write(probe, streams, 0.1)
        await until(lambda: consumer.tally.applied == STREAMS)
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
        down = kafka_node.nodes[1:]
        for node in down:
            node.kill()
        await asyncio.gather(*(probe.note(each, "1", "2") for each in streams))
        await until(lambda: str(relay._trouble).startswith("kafka: "), 60)
        assert await probe.one("select count(*) from outbox") == 2 * STREAMS
        assert (await relay.quiet()).outbox == 2 * STREAMS
        for node in down:
            node.launch()
        await drained(probe, streams, 3)
        await until(lambda: relay._trouble is None)
