"""From the outbox of one service to the effects of another, on real PostgreSQL and Kafka."""

import asyncio
from uuid import uuid4

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
