"""Events leave a transaction with the transaction: numbered, ordered, or not at all."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import outbox, trace
from chassis.db import Tx
from chassis.replay import replay
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from testkit.probe import AT, Probe, on, running, until


async def add(tx: Tx, probe: Probe, stream: UUID, note: str = "a") -> int:
    return await outbox.add(tx, on(probe.topic)(note=note), stream=stream, tenant="acme", at=AT)


async def test_versions_of_a_stream_count_from_one_without_holes_whoever_writes(
    probe: Probe,
) -> None:
    stream = uuid4()

    async def write(number: int) -> int | None:
        version = None
        with suppress(DBAPIError):
            async with probe.db.begin() as tx:
                added = await add(tx, probe, stream)
                if number % 5 == 0:
                    await tx.execute(text("select 1 / 0"))
                version = added
        return version

    given = await asyncio.gather(*(write(number) for number in range(60)))
    versions = sorted(version for version in given if version is not None)
    assert versions == list(range(1, 49))
    rows = await probe.rows("select version from outbox order by id")
    assert [version for (version,) in rows] == versions


async def test_streams_and_topics_have_versions_of_their_own(probe: Probe) -> None:
    one, two = uuid4(), uuid4()
    async with probe.db.begin() as tx:
        assert [await add(tx, probe, s) for s in (one, two, one)] == [1, 1, 2]
        event = on("other.v1")(note="a")
        assert await outbox.add(tx, event, stream=one, tenant="acme", at=AT) == 1


async def test_transaction_that_fails_leaves_no_event(probe: Probe) -> None:
    async def fail() -> None:
        async with probe.db.begin() as tx:
            await add(tx, probe, uuid4())
            await tx.execute(text("select 1 / 0"))

    with pytest.raises(DBAPIError):
        await fail()
    assert await probe.one("select count(*) from outbox") == 0
    assert await probe.one("select count(*) from stream_head") == 0


async def test_event_over_the_limit_is_refused_in_the_business_transaction(probe: Probe) -> None:
    with pytest.raises(outbox.EventTooLarge):
        await probe.note(uuid4(), "x" * 700_000)
    assert await probe.one("select count(*) from stream_head") == 0


async def test_largest_event_passes_the_broker(probe: Probe) -> None:
    stream, note = uuid4(), "é" * 340_000
    consumer = probe.consumer()
    async with running(probe.relay(), consumer):
        await probe.note(stream, note, note, "a")
        await until(lambda: consumer.tally.applied == 3)
    assert await probe.notes(stream) == [note, note, "a"]


async def test_outbox_id_grows_with_the_version_under_slow_transactions(probe: Probe) -> None:
    stream = uuid4()

    async def write(seconds: float) -> None:
        async with probe.db.begin() as tx:
            await asyncio.sleep(seconds)
            await add(tx, probe, stream)
            await asyncio.sleep(0.05 - seconds)

    await asyncio.gather(*(write((n % 5) / 100) for n in range(8)))
    rows = await probe.rows("select version from outbox order by id")
    assert [version for (version,) in rows] == list(range(1, 9))


async def test_archive_keeps_where_the_log_has_it(probe: Probe) -> None:
    stream = uuid4()
    async with running(probe.relay()):
        await probe.note(stream, "a", "b")
        await until(lambda: probe.one("select count(*) = 2 from event_archive"))
    places = await probe.rows("select version, record_offset from event_archive order by id")
    assert places == [(1, 0), (2, 1)]


async def test_replay_sends_the_same_bytes_again_in_their_old_order(probe: Probe) -> None:
    stream, seen = uuid4(), []

    async def remember(tx: Tx, event: Any, data: Any) -> None:
        seen.append(event)

    consumer = probe.consumer(remember)
    async with running(probe.relay(), consumer):
        await probe.note(stream, "a", "b", "c")
        await until(lambda: consumer.tally.applied == 3)
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
        ids = await probe.rows("select id from event_archive order by id")
        assert await replay(probe.db) == 3
        await until(lambda: consumer.tally.duplicate == 3)
        await until(lambda: probe.one("select count(*) = 3 from event_archive"))
    assert await probe.rows("select id from event_archive order by id") == ids
    assert [event.version for event in seen] == [1, 2, 3]
    assert await probe.incidents() == []


async def test_replay_since_a_time_leaves_what_is_older(probe: Probe) -> None:
    async with running(probe.relay()):
        await probe.note(uuid4(), "old")
        await until(lambda: probe.one("select count(*) = 1 from event_archive"))
        since = await probe.one("select clock_timestamp()")
        await probe.note(uuid4(), "new")
        await until(lambda: probe.one("select count(*) = 2 from event_archive"))
    assert await replay(probe.db, since) == 1


async def test_events_carry_the_trace_of_what_caused_them(probe: Probe) -> None:
    traceparent, stream = trace.started(None), uuid4()
    seen: list[str | None] = []

    async def remember(tx: Tx, event: Any, data: Any) -> None:
        seen.append(trace.current.get())

    consumer = probe.consumer(remember)
    token = trace.current.set(traceparent)
    await probe.note(stream, "a")
    trace.current.reset(token)
    async with running(probe.relay(), consumer):
        await until(lambda: consumer.tally.applied == 1)
    assert seen == [traceparent]


async def test_table_itself_refuses_data_over_the_limit(probe: Probe) -> None:
    sql = """
        insert into outbox (topic, partition, stream_id, version, epoch, type, tenant, occurred_at,
                            data)
        values ('t', 0, gen_random_uuid(), 1, 1, 't', 'acme', now(),
                convert_to(repeat('x', 700001), 'UTF8')) returning id
    """
    with pytest.raises(DBAPIError, match="outbox_data_size"):
        await probe.rows(sql)
