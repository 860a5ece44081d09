"""Faults that need more than one node, or a guarded one; collected with `--kafka=cluster` only."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from chassis import kafka as clients
from chassis import logs
from chassis.partitions import partition_of
from local_platform.cluster import COPIES, Cluster
from local_platform.kafka import open_admin
from local_platform.kafka_node import Node
from testkit.probe import Probe, until
from testkit.probing import NewProbe

Json = dict[str, Any]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where tests run on one node there is nothing to see here: `make test-kafka` comes by."""
    return True if config.getoption("--kafka") != "cluster" else None


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("probe", "INFO")
    clients.silence()


async def describe(cluster: Cluster, topic: str) -> list[Json]:
    """Its partitions, each with `leader`, `replicas` and `isr`."""
    admin = await open_admin(cluster.broker("admin"))
    try:
        (found,) = await admin.describe_topics([topic])
        partitions: list[Json] = found["partitions"]
        return partitions
    finally:
        await admin.close()


async def whole(cluster: Cluster, topic: str) -> bool:
    return all(len(each["isr"]) == COPIES for each in await describe(cluster, topic))


@pytest.fixture
async def probe(new_probe: NewProbe, kafka_node: Cluster) -> AsyncIterator[Probe]:
    """On a cluster that is whole before the test and after it."""
    probe = await new_probe(kafka_node)
    yield probe
    for node in kafka_node.nodes:
        node.wake()
    kafka_node.launch()
    kafka_node.wait()
    await until(lambda: whole(kafka_node, probe.topic), 60)


@pytest.fixture
def leader_of() -> Callable[[Cluster, Probe, UUID], Awaitable[Node]]:
    """Who takes the records of this stream."""

    async def find(cluster: Cluster, probe: Probe, stream: UUID) -> Node:
        for each in await describe(cluster, probe.topic):
            if each["partition"] == partition_of(stream):
                return cluster.nodes[int(each["leader"]) - 1]
        raise LookupError

    return find


@pytest.fixture
def partitions_of() -> Callable[[Cluster, str], Awaitable[list[Json]]]:
    return describe


@pytest.fixture
def write() -> Callable[[Probe, Sequence[UUID], float], Awaitable[int]]:
    """Writes numbered notes to all streams for some seconds; how many each stream got."""

    async def write_for(probe: Probe, streams: Sequence[UUID], seconds: float) -> int:
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            await asyncio.gather(*(probe.note(each, str(number)) for each in streams))
            number += 1
            await asyncio.sleep(0.05)
        return number

    return write_for


@pytest.fixture
def drained() -> Callable[[Probe, Sequence[UUID], int], Awaitable[None]]:
    """Everything written was applied once and in order, and whatever Kafka acknowledged it has."""

    async def check(probe: Probe, streams: Sequence[UUID], count: int) -> None:
        total = len(streams) * count
        await until(lambda: probe.one("select count(*) = 0 from outbox"), 90)
        await until(lambda: probe.one("select count(*) >= :n from effect", n=total), 90)
        for stream in streams:
            assert await probe.notes(stream) == [str(number) for number in range(count)]
        assert await probe.one("select count(*) from effect") == total
        sql = "select partition, record_offset from event_archive where record_offset is not null"
        acknowledged = {(partition, offset) for partition, offset in await probe.rows(sql)}
        assert acknowledged <= await places_in_log(probe)
        assert await probe.held() == []
        assert await probe.incidents(only_open=False) == []

    return check


async def places_in_log(probe: Probe) -> set[tuple[int, int]]:
    """Partition and offset of every record of the probe's topic."""
    reader = clients.reader(probe.broker, "counter", fetch_bytes=1_000_000)
    await reader.start()
    try:
        tps = [clients.TopicPartition(probe.topic, p) for p in range(12)]
        reader.assign(tps)
        ends = await reader.end_offsets(tps)
        for tp in tps:
            reader.seek(tp, 0)
        found: set[tuple[int, int]] = set()
        while len(found) < sum(ends.values()):
            for tp, records in (await reader.getmany(timeout_ms=500)).items():
                found |= {(tp.partition, record.offset) for record in records}
        return found
    finally:
        await clients.close(reader)
