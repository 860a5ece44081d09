"""Two matchers on one group and one database, one of them killed in the middle."""

import asyncio
import signal
import sys
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from chassis.partitions import partition_of
from local_platform.environment import variables
from local_platform.processes import free_port, spawn, stop
from sqlalchemy import text
from testkit.fronts import is_ready, read_total

ARRETS = 60
WHOLE = ("2026-03-05", "2026-03-22", "710.10", "44.03", "3.55")


async def until(condition, seconds=90.0):
    end = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < end, "did not come true"
        await asyncio.sleep(0.1)


@pytest.fixture
def worker(urls, material, empty_topics, tmp_path):
    """`process = worker(port)`."""
    started = []

    def start(port):
        settings = {
            "mode": "test",
            "database": urls.service,
            "kafka": empty_topics,
            "directory": material.directory,
            "keys": material.keys("matcher"),
            "port": port,
            "log_level": "ERROR",
        }
        command = [sys.executable, "-m", "matcher", "worker"]
        process = spawn(command, log=tmp_path / "log", env=variables(settings))
        started.append(process)
        return process

    yield start
    for process in started:
        stop(process, by=signal.SIGKILL, seconds=10)


async def has_applied(port):
    return await read_total(port, "jonction_events_consumed_total", outcome="applied") > 0


async def rows(matcher, sql):
    async with matcher.db.begin() as tx:
        return [tuple(row) for row in await tx.execute(text(sql))]


async def test_two_workers_apply_each_event_once_though_one_is_killed(
    matcher, worker, empty_topics, arret, slip, paid
):
    arrets = [arret() for _ in range(ARRETS)]
    facts = []
    for each in arrets:
        whole = slip(each, "1", paid(*WHOLE))
        facts += [
            (each.declaration_id, await each.declared()),
            (each.submission(), each.prepared()),
            (each.submission(), each.acknowledged()),
            (whole.statement_id, whole),
        ]
    ports = [free_port(), free_port()]
    workers = [worker(port) for port in ports]
    for port in ports:
        await until(partial(is_ready, port))
    async with AIOKafkaProducer(bootstrap_servers=empty_topics) as producer:
        for stream, data in facts:
            event = matcher.next_event(data, stream)
            await producer.send(
                data.topic,
                event.encode(),
                key=str(stream).encode(),
                partition=partition_of(stream),
            )
    await until(partial(has_applied, ports[1]))
    workers[1].kill()
    workers[1].wait()

    async def all_taken():
        return await rows(matcher, "select sum(next_offset) from consumer_position") == [
            (len(facts),)
        ]

    await until(all_taken)
    assert await has_applied(ports[0])
    states = "select state, count(*) from sick_case group by state"
    assert await rows(matcher, states) == [("settled", ARRETS)]
    tied = "select count(*) from allocation where status = 'matched'"
    assert await rows(matcher, tied) == [(ARRETS,)]
    assert await rows(matcher, "select count(*) from held_event") == [(0,)]
    told = """
        select type, count(*), count(distinct stream_id) from (
            select type, stream_id from outbox union all select type, stream_id from event_archive
        ) as told where type like '%case.matched' or type like '%case.opened' group by type
    """
    assert {tuple(row[1:]) for row in await rows(matcher, told)} == {(ARRETS, ARRETS)}
