"""What two operators ask at the same moment, or one while the consumer works on the same stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from chassis.consumer import Consumer
from sqlalchemy import text
from testkit.probe import Fickle, Probe, running, until

HELD = "/v1/operations/held"
WHY = {"because": "ticket 12"}
WAITING = """
    select count(*) = :count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
"""


async def held_ids(probe: Probe) -> list[int]:
    return [held_id for (held_id,) in await probe.rows("select id from held_event order by id")]


async def acts(probe: Probe) -> list[tuple[str, str, dict[str, int]]]:
    return await probe.rows("select act, target, outcome from operator_act")


@asynccontextmanager
async def locked(probe: Probe, held_id: int) -> AsyncIterator[None]:
    """Nobody can end with this event until all have begun."""
    async with probe.db.begin() as tx:
        await tx.execute(text("select from held_event where id = :id for update"), {"id": held_id})
        yield


async def waiting(probe: Probe, count: int) -> None:
    """Until so many wait for a lock."""
    await until(lambda: probe.one(WAITING, count=count))


@pytest.mark.parametrize(
    ("act", "outcome", "notes"),
    [("skip", {"followed": 1}, ["b"]), ("retry", {"applied": 2}, ["poison", "b"])],
)
async def test_what_two_operators_ask_at_once_is_done_once_and_answered_to_both(
    probe: Probe,
    consumer: Consumer,
    fickle: Fickle,
    http: httpx.AsyncClient,
    act: str,
    outcome: dict[str, int],
    notes: list[str],
) -> None:
    stream = uuid4()
    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 1, "poison"), probe.event(stream, 2, "b"))
        await until(lambda: consumer.tally.total == 2)
    first, _ = await held_ids(probe)
    fickle.failure = None
    async with locked(probe, first):
        asked = [
            asyncio.create_task(http.post(f"{HELD}/{first}/{act}", json=WHY)) for _ in range(2)
        ]
        await waiting(probe, 2)
    answers = [*await asyncio.gather(*asked), await http.post(f"{HELD}/{first}/{act}", json=WHY)]
    assert [(each.status_code, each.json()) for each in answers] == [(200, outcome)] * 3
    assert await probe.notes(stream) == notes
    assert await acts(probe) == [(f"held-{act}", str(first), outcome)]


async def test_unreadable_bytes_that_two_operators_skip_at_once_are_skipped_once(
    probe: Probe, consumer: Consumer, http: httpx.AsyncClient
) -> None:
    async with running(consumer):
        await probe.publish(uuid4(), b"\xff not an event")
        await until(lambda: consumer.tally.unreadable == 1)
    [held] = await held_ids(probe)
    async with locked(probe, held):
        asked = [asyncio.create_task(http.post(f"{HELD}/{held}/skip", json=WHY)) for _ in range(2)]
        await waiting(probe, 2)
    for answer in await asyncio.gather(*asked):
        assert (answer.status_code, answer.json()) == (200, {"followed": 0})
    assert await acts(probe) == [("held-skip", str(held), {"followed": 0})]


@pytest.mark.parametrize(
    ("operator_first", "refused"), [(True, (409, "held-not-next")), (False, (404, "held-unknown"))]
)
async def test_a_skip_and_the_running_consumer_take_turns_on_a_stream(
    probe: Probe,
    consumer: Consumer,
    fickle: Fickle,
    http: httpx.AsyncClient,
    operator_first: bool,
    refused: tuple[int, str],
) -> None:
    stream = uuid4()

    async def skip() -> httpx.Response:
        return await http.post(f"{HELD}/{held}/skip", json=WHY)

    async def publish() -> None:
        await probe.publish(stream, probe.event(stream, 1, "a"))

    async with running(consumer):
        await probe.publish(stream, probe.event(stream, 2, "b"))
        await until(lambda: consumer.tally.early == 1)
        [held] = await held_ids(probe)
        async with locked(probe, held):
            if not operator_first:
                await publish()
                await waiting(probe, 1)
            asked = asyncio.create_task(skip())
            if operator_first:
                await waiting(probe, 1)
                await publish()
            await waiting(probe, 2)
        answer = await asked
        await until(lambda: consumer.tally.applied == 2)
    assert (answer.status_code, answer.json()["code"]) == refused
    assert await probe.notes(stream) == ["a", "b"]
    assert fickle.calls == 2
    assert await acts(probe) == []
