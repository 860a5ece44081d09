"""What the consumer makes of repeats, of order and of gaps."""

from uuid import uuid4

from testkit.probe import Probe, Unheard, running, until


async def test_repeats_of_the_same_event_have_no_effect(probe: Probe) -> None:
    stream = uuid4()
    first, second = probe.event(stream, 1, "a"), probe.event(stream, 2, "b")
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(stream, first, first, second, first, second, second)
        await until(lambda: consumer.tally.total == 6)
    assert await probe.notes(stream) == ["a", "b"]
    assert consumer.tally.duplicate == 4
    assert await probe.incidents() == []


async def test_early_events_wait_and_follow_their_predecessor_in_order(probe: Probe) -> None:
    stream, other = uuid4(), uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(stream, *(probe.event(stream, n, str(n)) for n in (3, 2, 5)))
        await probe.publish(other, probe.event(other, 1, "meanwhile"))
        await until(lambda: consumer.tally.total == 4)
        assert await probe.notes(stream) == []
        assert await probe.notes(other) == ["meanwhile"]
        assert sorted(await probe.held()) == [(2, "early"), (3, "early"), (5, "early")]
        await probe.publish(stream, probe.event(stream, 1, "1"))
        await until(lambda: consumer.tally.applied == 4)
        assert await probe.held() == [(5, "early")]
        await probe.publish(stream, probe.event(stream, 4, "4"))
        await until(lambda: consumer.tally.applied == 6)
    assert await probe.notes(stream) == ["1", "2", "3", "4", "5"]
    assert await probe.held() == []


async def test_repeat_of_a_held_event_is_a_duplicate(probe: Probe) -> None:
    stream = uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(stream, *(probe.event(stream, n, str(n)) for n in (2, 2, 1, 2)))
        await until(lambda: consumer.tally.total == 5)
    assert await probe.notes(stream) == ["1", "2"]
    assert consumer.tally.duplicate == 2


async def test_same_version_with_other_content_is_refused_and_told(probe: Probe) -> None:
    stream = uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "a"), probe.event(stream, 1, "b"))
        await probe.publish(stream, probe.event(stream, 2, "c"))
        await until(lambda: consumer.tally.total == 3)
    assert await probe.notes(stream) == ["a", "c"]
    assert consumer.tally.conflicting == 1
    assert await probe.incidents() == ["event-conflicting"]


async def test_versions_that_a_restored_writer_gives_out_again_are_told(probe: Probe) -> None:
    stream = uuid4()
    consumer = probe.consumer()
    async with running(consumer):
        await probe.publish(stream, *(probe.event(stream, n, str(n)) for n in (1, 2, 3)))
        await probe.publish(stream, probe.event(stream, 2, "other", epoch=2))
        await until(lambda: consumer.tally.total == 4)
    assert await probe.notes(stream) == ["1", "2", "3"]
    assert await probe.incidents() == ["event-conflicting"]


async def test_type_without_subscription_counts_its_version_and_does_nothing(probe: Probe) -> None:
    stream = uuid4()
    relay, consumer = probe.relay(), probe.consumer()
    async with running(relay, consumer):
        await probe.note(stream, "a")
        await probe.note(stream, "unheard", model=Unheard)
        await probe.note(stream, "b")
        await until(lambda: consumer.tally.total == 3)
    assert await probe.notes(stream) == ["a", "b"]
    assert (consumer.tally.applied, consumer.tally.ignored) == (2, 1)


async def test_second_start_goes_on_where_the_first_one_stopped(probe: Probe) -> None:
    stream = uuid4()
    async with running(probe.relay()):
        await probe.note(stream, "a", "b")
        first = probe.consumer()
        async with running(first):
            await until(lambda: first.tally.applied == 2)
        await probe.note(stream, "c")
        second = probe.consumer()
        async with running(second):
            await until(lambda: second.tally.total == 1)
            assert await second.lag() == 0
    assert await probe.notes(stream) == ["a", "b", "c"]
