"""Members of a group that come, go, die and sleep while events flow."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest
from testkit.probe import Probe, running, until

pytestmark = pytest.mark.timeout(300)
Find = Callable[..., Coroutine[Any, Any, Any]]
STREAMS = 24
SESSION_SECONDS = 6.0


async def test_members_join_leave_and_are_killed_under_load_and_nothing_is_lost_or_repeated(
    probe: Probe, write: Find, drained: Find
) -> None:
    streams = [uuid4() for _ in range(STREAMS)]
    first = probe.consumer(session_seconds=SESSION_SECONDS)
    second = probe.consumer(session_seconds=SESSION_SECONDS)
    async with running(probe.relay(), first):
        writing = asyncio.create_task(write(probe, streams, 16))
        await until(lambda: first.tally.applied > STREAMS)
        killed = probe.spawn("consumer")
        try:
            async with running(second):
                await until(lambda: second.tally.applied > STREAMS)
                mine = first.tally.applied
                await until(lambda: first.tally.applied > mine)
                killed.kill()
            await drained(probe, streams, await writing)
        finally:
            killed.kill()
            await asyncio.to_thread(killed.wait)
    assert first.tally.applied + second.tally.applied <= await probe.one(
        "select count(*) from effect"
    )


async def test_member_that_slept_through_a_takeover_wakes_and_repeats_nothing(
    probe: Probe, write: Find, drained: Find
) -> None:
    streams = [uuid4() for _ in range(STREAMS)]
    awake = probe.consumer(session_seconds=SESSION_SECONDS)
    sleeper = probe.spawn("consumer")
    try:
        async with running(probe.relay()):
            writing = asyncio.create_task(write(probe, streams, 20))
            await until(lambda: probe.one("select count(*) > 0 from effect"), 40)
            async with running(awake):
                await until(lambda: awake.tally.applied > 0, 40)
                sleeper.send_signal(signal.SIGSTOP)
                asleep_since = time.monotonic()
                mine = awake.tally.applied
                await until(lambda: time.monotonic() > asleep_since + SESSION_SECONDS + 2)
                await until(lambda: awake.tally.applied > mine, 40)
                sleeper.send_signal(signal.SIGCONT)
                await drained(probe, streams, await writing)
    finally:
        sleeper.kill()
        await asyncio.to_thread(sleeper.wait)
