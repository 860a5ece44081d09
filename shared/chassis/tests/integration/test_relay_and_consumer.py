"""From the outbox of one service to the effects of another, on real PostgreSQL and Kafka."""

import asyncio
from uuid import UUID, uuid4

from chassis.consumer import Consumer
from testkit.probe import Probe, running, until


async def test_every_event_is_applied_once_and_in_the_order_of_its_stream(probe: Probe) -> None:
    streams = [uuid4() for _ in range(20)]
    relay, consumer = probe.relay(), probe.consumer()
    async with running(relay, consumer):
        await asyncio.gather(*(probe.note(s, *map(str, range(15))) for s in streams))
        await until(lambda: probe.one("select count(*) = 300 from effect"))
        await until(lambda: probe.one("select count(*) = 0 from outbox"))
    for stream in streams:
        assert await probe.notes(stream) == [str(n) for n in range(15)]
    assert relay.published == 300
    assert (consumer.tally.applied, consumer.tally.total) == (300, 300)


async def test_members_that_come_and_go_share_the_work_and_repeat_nothing(probe: Probe) -> None:
    streams = [uuid4() for _ in range(24)]
    members = [probe.consumer() for _ in range(4)]

    async def write(stream: UUID) -> None:
        for number in range(25):
            await probe.note(stream, str(number))
            await asyncio.sleep(0.05)

    async def come_and_go(member: Consumer, after: float, stay: float) -> None:
        await asyncio.sleep(after)
        async with running(member):
            await asyncio.sleep(stay)

    async with running(probe.relay(), members[0]):
        await asyncio.gather(
            *(write(stream) for stream in streams),
            come_and_go(members[1], 0.2, 2.0),
            come_and_go(members[2], 0.8, 1.0),
            come_and_go(members[3], 1.4, 1.5),
        )
        await until(lambda: probe.one("select count(*) = 600 from effect"), 60)
    for stream in streams:
        assert await probe.notes(stream) == [str(number) for number in range(25)]
    assert await probe.held() == []
    assert await probe.incidents(only_open=False) == []


async def test_two_relays_at_once_change_nothing_for_the_reader(probe: Probe) -> None:
    stream, consumer = uuid4(), probe.consumer()
    first, second = probe.relay(), probe.relay()
    async with running(first, second, consumer):
        await probe.note(stream, *(str(number) for number in range(50)))
        await until(lambda: consumer.tally.applied == 50)
    assert await probe.notes(stream) == [str(number) for number in range(50)]
    assert first.published + second.published == 50


async def test_quiet_reading_counts_what_is_on_its_way(probe: Probe) -> None:
    relay, consumer = probe.relay(), probe.consumer()
    await probe.note(uuid4(), "a", "b")
    assert (await relay.quiet()).outbox == 2
    assert (await consumer.quiet()).lag == 1
    async with running(relay):
        await until(lambda: relay.published == 2)
        async with running(consumer):
            await until(lambda: consumer.tally.applied == 2)
            assert await consumer.ready() is None
            reading = await consumer.quiet()
            reading.add(await relay.quiet())
    assert (reading.outbox, reading.lag, reading.activity, reading.reasons) == (0, 0, 4, [])
