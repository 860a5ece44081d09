"""Events that cannot be applied are put aside with their stream; everything else goes on."""

import asyncio
from uuid import uuid4

import pytest
from chassis import release
from chassis.errors import Refused, Unavailable
from chassis.held import list_held
from chassis.operating import operate_held
from chassis.watching import watch_held
from testkit.probe import Fickle, Probe, running, until


async def test_poison_is_held_with_its_stream_while_others_flow(probe: Probe) -> None:
    sick, well = uuid4(), [uuid4() for _ in range(30)]
    relay, consumer = probe.relay(), probe.consumer()
    await probe.note(sick, "a", "fail", "c", "d")
    await asyncio.gather(*(probe.note(stream, "x", "y") for stream in well))
    async with running(relay, consumer):
        await until(lambda: consumer.tally.total == 64)
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
    assert await probe.notes(sick) == ["a"]
    for stream in well:
        assert await probe.notes(stream) == ["x", "y"]
    assert await probe.held() == [(2, "failed"), (3, "early"), (4, "early")]
    assert await probe.incidents() == ["event-held"]


async def test_what_operators_see_of_a_held_event_holds_no_content(probe: Probe) -> None:
    stream = uuid4()
    fickle = Fickle(ValueError("185057800608436 secret"))
    consumer = probe.consumer(fickle)
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "poison"))
        await probe.publish(stream, b'{"nir": "185057800608436"}')
        await until(lambda: consumer.tally.total == 2)
    async with probe.db.begin() as tx:
        shown = str(await list_held(tx))
    shown += str(await probe.rows("select * from incident"))
    shown += str(await probe.rows("select data from outbox"))
    assert "ValueError" in shown
    assert "185057800608436" not in shown
    assert "poison" not in shown


async def test_retry_releases_the_stream_in_order(probe: Probe) -> None:
    stream, fickle = uuid4(), Fickle()
    consumer = probe.consumer(fickle)
    async with running(consumer):
        notes = ("a", "poison", "c", "d")
        await probe.publish(stream, *(probe.event(stream, n, s) for n, s in enumerate(notes, 1)))
        await until(lambda: consumer.tally.total == 4)
        assert await release.retry(consumer.applier, stream) == 0
        assert await probe.held() == [(2, "failed"), (3, "early"), (4, "early")]
        fickle.failure = None
        assert await release.retry(consumer.applier, stream) == 3
        await probe.publish(stream, probe.event(stream, 5, "e"))
        await until(lambda: consumer.tally.total == 5)
    assert await probe.notes(stream) == ["a", "poison", "c", "d", "e"]
    assert await probe.held() == []
    assert await probe.incidents() == []
    assert await probe.incidents(only_open=False) == ["event-held"]


async def test_skipped_event_keeps_its_reason_and_lets_the_stream_go_on(probe: Probe) -> None:
    stream = uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        notes = ("fail", "b", "c")
        await probe.publish(stream, *(probe.event(stream, n, s) for n, s in enumerate(notes, 1)))
        await until(lambda: consumer.tally.total == 3)
        async with probe.db.begin() as tx:
            first, second, _ = await list_held(tx)
        with pytest.raises(Refused, match="held-not-next"):
            await release.skip(consumer.applier, second["id"], "ticket 12")
        assert await release.skip(consumer.applier, first["id"], "ticket 12") == 2
        await probe.publish(stream, probe.event(stream, 1, "fail"))
        await until(lambda: consumer.tally.duplicate == 1)
    assert await probe.notes(stream) == ["b", "c"]
    assert await probe.rows("select version, skipped_because from held_event") == [(1, "ticket 12")]
    assert await probe.incidents() == []


async def test_follower_that_fails_does_not_hold_its_predecessor(probe: Probe) -> None:
    stream = uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(
            stream, *(probe.event(stream, n, s) for n, s in ((2, "fail"), (3, "c")))
        )
        await until(lambda: consumer.tally.early == 2)
        await probe.publish(stream, probe.event(stream, 1, "a"))
        await until(lambda: probe.notes(stream))
    assert await probe.notes(stream) == ["a"]
    assert await probe.held() == [(2, "failed"), (3, "early")]
    assert await probe.incidents() == ["event-held"]


async def test_unreadable_record_is_kept_and_told_and_nothing_waits_for_it(probe: Probe) -> None:
    stream = uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "a"), b"\xff not an event", b"{}")
        await probe.publish(stream, probe.event(stream, 2, "b"))
        await until(lambda: consumer.tally.total == 4)
        async with probe.db.begin() as tx:
            held = await list_held(tx)
        assert not await release.retry_unreadable(consumer.applier, held[0]["id"])
        await release.skip(consumer.applier, held[0]["id"], "noise")
    assert await probe.notes(stream) == ["a", "b"]
    assert await probe.held() == [(None, "unreadable")]
    assert await probe.incidents() == ["event-unreadable"]


async def test_transient_failure_waits_and_holds_nothing(probe: Probe) -> None:
    stream, fickle = uuid4(), Fickle(Unavailable("key service"))
    consumer = probe.consumer(fickle)
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "a"), probe.event(stream, 2, "poison"))
        await until(lambda: fickle.calls >= 6)
        assert "poison" not in await probe.notes(stream)
        assert await probe.held() == []
        fickle.failure = None
        await until(lambda: consumer.tally.applied == 2)
    assert await probe.notes(stream) == ["a", "poison"]
    assert await probe.incidents(only_open=False) == []


async def test_too_many_held_in_a_row_stop_the_consumer_until_they_are_dealt_with(
    probe: Probe,
) -> None:
    streams, fickle = [uuid4() for _ in range(30)], Fickle()
    consumer = probe.consumer(fickle)
    async with running(consumer):
        for stream in streams:
            await probe.note(stream, "poison")
        async with running(probe.relay()):
            await until(probe.incidents, 30)
            await until(lambda: probe.one("select count(*) = 21 from incident"))
        assert "too-many-held" in str(await consumer.ready())
        assert len(await probe.held()) == 20
        fickle.failure = None
        for stream in streams:
            await release.retry(consumer.applier, stream)
        await until(lambda: probe.one("select count(*) = 30 from effect"))
        assert await consumer.ready() is None
    assert await probe.held() == []
    assert await probe.incidents() == []


async def test_operator_releases_and_skips_from_the_shell(probe: Probe) -> None:
    stream, other, fickle = uuid4(), uuid4(), Fickle()
    consumer = probe.consumer(fickle)
    async with running(consumer):
        for each in (stream, other):
            await probe.publish(each, probe.event(each, 1, "poison"), probe.event(each, 2, "b"))
        await until(lambda: consumer.tally.total == 4)
    applier = consumer.applier
    listed = await operate_held(applier, [])
    assert listed.count("'failed'") == 2
    assert "poison" not in listed
    assert await operate_held(applier, ["retry", str(stream)]) == "0 events applied"
    fickle.failure = None
    assert await operate_held(applier, ["retry", str(stream)]) == "2 events applied"
    held_id = str(await probe.one("select id from held_event where reason = 'failed'"))
    skipped = await operate_held(applier, ["skip", held_id, "ticket 12"])
    assert skipped == "skipped; 1 held events followed"
    assert await operate_held(applier, ["skip", held_id, "again"]) == "refused: held-unknown"
    assert (await operate_held(applier, ["sing"])).startswith("usage:")
    assert (await probe.notes(stream), await probe.notes(other)) == (["poison", "b"], ["b"])
    assert await probe.incidents() == []


async def test_event_whose_predecessor_is_missing_for_long_is_told_until_it_comes(
    probe: Probe,
) -> None:
    stream, consumer = uuid4(), probe.consumer()
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 2, "b"))
        await until(lambda: consumer.tally.early == 1)
        async with probe.db.begin() as tx:
            await watch_held(tx, consumer.applier.incidents)
        assert await probe.incidents() == []
        await probe.rows("update held_event set held_at = held_at - interval '61 s' returning id")
        async with probe.db.begin() as tx:
            await watch_held(tx, consumer.applier.incidents)
        assert await probe.incidents() == ["event-early"]
        await probe.publish(stream, probe.event(stream, 1, "a"))
        await until(lambda: consumer.tally.applied == 2)
    assert await probe.notes(stream) == ["a", "b"]
    assert await probe.incidents() == []
