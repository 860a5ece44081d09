"""Scenarios 1, 7 and 9 while something is killed: the end is the same, and nothing is done twice.

What is killed dies while work is on its way: right after a jump of the clock or an answer to the
HRIS, when every service has just begun to act on it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from chassis.errors import Unavailable
from chassis.http import http_client
from chassis.tokens import TokenSource
from contracts.envelope import Event, compose
from contracts.topics import TOPICS
from httpx import HTTPError
from local_platform.demo import play_story
from local_platform.report import comparable
from local_platform.running import rebase_all, replay_all
from local_platform.services import SERVICES, WITH_DATABASE
from local_platform.story import Request, Story, read_stories
from local_platform.supervisor import Platform
from pydantic import SecretStr

Json = dict[str, Any]
Break = Callable[[Platform], Awaitable[None]]
SCENARIOS = ("01", "07", "09")
DECLARED = "07-cpam-silent"
OVERDUE = datetime(2026, 3, 6, 23, tzinfo=UTC)
PAID = datetime(2026, 3, 24, 5, tzinfo=UTC)
REPAID = datetime(2026, 4, 7, 4, tzinfo=UTC)

pytestmark = pytest.mark.timeout(420)


async def play_broken(
    platform: Platform, break_it: Break, at: tuple[datetime, ...] = (OVERDUE, REPAID)
) -> Json:
    async def on_jump(to: datetime) -> None:
        if to in at:
            await break_it(platform)

    async def on_answer(story: Story, request: Request, answer: Any) -> None:
        # An answered declaration is on its way to the CPAM now.
        if at and story.name == DECLARED:
            await break_it(platform)

    stories = read_stories(only=SCENARIOS)
    return await play_story(
        platform, stories, time.monotonic(), on_jump=on_jump, on_answer=on_answer
    )


def the_three(report: Json) -> Json:
    cases = [case for case in report["cases"] if case["scenario"].startswith(SCENARIOS)]
    return comparable({"cases": cases, "refused": []})


def assert_told_once(ledger: Json) -> None:
    assert ledger["doubles"] == []
    assert {filing["count"] for filing in ledger["filings"]} == {1}
    assert len(ledger["filings"]) == 4


@pytest.mark.parametrize("victim", SERVICES)
async def test_killed_service_is_restarted_and_the_story_ends_the_same(
    victim: str, start_platform: Any, read_ledger: Any, report: Json
) -> None:
    async def kill(platform: Platform) -> None:
        await asyncio.sleep(0.15)
        platform.services[victim].kill()
        platform.services[victim].start()

    async with start_platform() as platform:
        told = await play_broken(platform, kill)
        assert comparable(told) == the_three(report)
        assert_told_once(await read_ledger(platform))


async def test_killed_postgresql_is_restarted_and_the_story_ends_the_same(
    start_platform: Any, read_ledger: Any, report: Json
) -> None:
    async def kill(platform: Platform) -> None:
        await asyncio.sleep(0.15)
        platform.postgres.kill()
        platform.postgres.start()

    async with start_platform() as platform:
        told = await play_broken(platform, kill)
        assert comparable(told) == the_three(report)
        assert_told_once(await read_ledger(platform))


async def test_killed_kafka_is_restarted_on_its_data_and_the_story_ends_the_same(
    start_platform: Any, read_ledger: Any, report: Json
) -> None:
    async def kill(platform: Platform) -> None:
        await asyncio.sleep(0.15)
        platform.kafka.kill()
        platform.kafka.launch()
        await asyncio.to_thread(platform.kafka.wait)

    async with start_platform() as platform:
        told = await play_broken(platform, kill)
        assert comparable(told) == the_three(report)
        assert_told_once(await read_ledger(platform))


@pytest.mark.parametrize("grown", [False, True], ids=["empty", "grown-past-the-positions"])
async def test_kafka_that_lost_its_data_stops_the_consumers_until_rebase_and_replay(
    start_platform: Any, read_ledger: Any, report: Json, *, grown: bool
) -> None:
    async def lose(platform: Platform) -> None:
        await lose_kafka(platform, grown=grown)
        await until_stopped(platform)
        await rebase_all(platform.around)
        await replay_all(platform.around, None)

    async with start_platform() as platform:
        told = await play_broken(platform, lose, at=(PAID,))
        assert comparable(told) == the_three(report)
        assert_told_once(await read_ledger(platform))


async def lose_kafka(platform: Platform, *, grown: bool) -> None:
    """Services that read are down meanwhile when the new log is to grow unseen."""
    readers = [name for name in WITH_DATABASE if name != "bpij-collector"]
    if grown:
        for name in readers:
            platform.services[name].kill()
    platform.kafka.kill()
    platform.kafka.wipe()
    await asyncio.to_thread(platform.kafka.prepare)
    platform.kafka.launch()
    await asyncio.to_thread(platform.kafka.wait)
    await platform.kafka.provide_topics()
    if grown:
        await fill_with_strangers(platform.kafka.address)
        for name in readers:
            platform.services[name].start()


async def fill_with_strangers(address: str) -> None:
    """More records in each partition than any of our consumers had read of the old log."""
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all")
    await producer.start()
    try:
        for topic in TOPICS:
            for partition in range(topic.partitions):
                for _ in range(60):
                    event = stranger(topic.name)
                    key = str(event.stream).encode()
                    await producer.send(topic.name, event.encode(), key, partition=partition)
        await producer.flush()
    finally:
        await producer.stop()


def stranger(topic: str) -> Event:
    """A readable event of a kind that none of our services listens to."""
    return compose(
        topic=topic,
        source="stranger",
        type="fr.jonction.stranger.passed",
        stream=uuid4(),
        version=1,
        epoch=1,
        tenant="menuiserie-kerbrat",
        time=OVERDUE,
        traceparent=None,
        data=b"{}",
    )


async def until_stopped(platform: Platform) -> None:
    """Every consumer has seen that this is not its log, and says so as an open incident."""
    gateway = platform.url("declaration-gateway")
    secret = SecretStr(platform.material.secret("exploitation"))
    waiting = {name for name in WITH_DATABASE if name != "bpij-collector"}
    end = time.monotonic() + 90
    async with http_client() as http:
        tokens = {
            name: TokenSource(http, gateway, "exploitation", secret, name) for name in waiting
        }
        while waiting:
            assert time.monotonic() < end, f"{waiting} did not notice that the log is another one"
            for name in sorted(waiting):
                url = f"{platform.url(name)}/v1/operations/incidents"
                try:
                    answer = await http.get(url, auth=tokens[name])
                except (HTTPError, Unavailable):
                    continue
                if any(item["kind"] == "another-log" for item in answer.json().get("items", ())):
                    waiting.discard(name)
            await asyncio.sleep(0.3)
