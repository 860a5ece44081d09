"""Processes killed at the worst places, and one that sleeps through a takeover."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from subprocess import Popen
from typing import Any
from uuid import uuid4

import pytest
from chassis.failpoints import KILLED
from chassis.positions import Fenced, Place
from chassis.records import Record
from testkit.probe import Probe, running, until


async def ended(process: "Popen[bytes]") -> int:
    return await asyncio.to_thread(process.wait, 60)


@pytest.mark.parametrize("place", ["relay.after_send", "relay.after_ack"])
async def test_relay_killed_around_the_acknowledgement_loses_nothing(
    probe: Probe, place: str
) -> None:
    stream = uuid4()
    await probe.note(stream, "a", "b", "c")
    assert await ended(probe.spawn("relay", place)) == KILLED
    assert await probe.one("select count(*) from outbox") == 3
    consumer = probe.consumer()
    async with running(probe.relay(), consumer):
        await until(lambda: consumer.tally.applied == 3)
        await until(lambda: consumer.tally.duplicate == 3)
    assert await probe.notes(stream) == ["a", "b", "c"]
    assert await probe.one("select count(*) from outbox") == 0


async def test_consumer_killed_around_its_commit_applies_everything_once(
    kafka_node: Any, new_probe: Callable[[Any], Awaitable[Probe]]
) -> None:
    places = ("consumer.before_commit", "consumer.after_commit", "consumer.before_hold")

    async def one(place: str) -> None:
        probe, stream, other = await new_probe(kafka_node), uuid4(), uuid4()
        for each in (stream, other):
            notes = ("a", "b", "fail" if each == other else "c")
            await probe.publish(each, *(probe.event(each, n, s) for n, s in enumerate(notes, 1)))
        assert await ended(probe.spawn("consumer", place)) == KILLED
        consumer = probe.consumer()
        async with running(consumer):
            await until(probe.held, 40)
            await until(lambda: probe.one("select count(*) = 5 from effect"))
        assert await probe.notes(stream) == ["a", "b", "c"]
        assert await probe.notes(other) == ["a", "b"]

    await asyncio.gather(*(one(place) for place in places))


async def test_twin_that_comes_second_is_fenced_and_leaves_no_effect(probe: Probe) -> None:
    stream, here = uuid4(), Place(probe.topic, 3)
    events = [probe.event(stream, n, str(n)) for n in (1, 2, 3)]
    records = [Record(probe.topic, 3, n, event.encode()) for n, event in enumerate(events)]
    twins = [probe.consumer().applier, probe.consumer().applier]
    done = await asyncio.gather(
        *(twin.apply(here, records[:2]) for twin in twins), return_exceptions=True
    )
    assert [type(each) for each in done if isinstance(each, Exception)] == [Fenced]
    with pytest.raises(Fenced):
        await twins[0].apply(here, records)
    there = Place(probe.topic, 3, 2, events[1].id)
    await twins[1].apply(there, records[2:])
    with pytest.raises(Fenced):
        await twins[0].hold(there, records[2], LookupError())
    assert await probe.notes(stream) == ["1", "2", "3"]


async def test_twin_frozen_inside_its_transaction_makes_no_double_effect(probe: Probe) -> None:
    stream = uuid4()
    await probe.publish(stream, *(probe.event(stream, n, "slow") for n in range(1, 7)))
    sleeper = probe.spawn("consumer")
    try:
        await until(lambda: is_inside_its_batch(probe), 30)
        sleeper.send_signal(signal.SIGSTOP)
        twin = probe.consumer()
        async with running(twin):
            await until(lambda: waits_for_lock(probe), 30)
            sleeper.send_signal(signal.SIGCONT)
            await until(lambda: probe.one("select count(*) = 6 from effect"), 30)
            await probe.publish(stream, probe.event(stream, 7, "last"))
            await until(lambda: probe.one("select count(*) = 7 from effect"), 40)
    finally:
        sleeper.kill()
        await ended(sleeper)
    assert await probe.notes(stream) == ["slow"] * 6 + ["last"]


async def is_inside_its_batch(probe: Probe) -> bool:
    """Its position has moved and its streams are locked; nothing is committed."""
    sql = """
        select count(*) > 0 from pg_stat_activity
        where state = 'idle in transaction' and query like '%held_event%'
    """
    return bool(await probe.one(sql))


async def waits_for_lock(probe: Probe) -> bool:
    sql = "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock'"
    return bool(await probe.one(sql))
