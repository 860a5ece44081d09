"""The service as a process: killed at each named place, frozen for too long, two at once.

But for one no broker is needed: what the consumer prepares is prepared here, and the relay waits.
What a killed process leaves is taken up here as well, by the flows of another one.
"""

import asyncio
import signal
from pathlib import Path

import pytest


async def until(condition, seconds=60.0):
    end = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < end, "did not come true"
        await asyncio.sleep(0.05)


def ended(process):
    async def condition():
        return process.poll() is not None

    return condition


def is_in(world, submission, *states):
    async def condition():
        return (await world.adapter.get(submission)).state in states

    return condition


async def lease_ends(world):
    await world.adapter.rows(
        "update submission set lease_until = now() where state = 'INTENT' returning 1"
    )


async def walk_to_deposit(world, submission):
    """Jumps to each question that is due, as the director of the demo would."""
    for _ in range(6):
        await world.adapter.recover()
        await world.adapter.ask()
        await world.adapter.submit()
        found = await world.adapter.get(submission)
        if found.state == "DEPOSITED":
            return
        if found.next_action_at is not None:
            await world.move_to(max(found.next_action_at, world.clock.now()))
    raise AssertionError("not deposited")


async def tried(world, submission):
    """Attempts that may have reached the CPAM; a claim given back for want of time is none."""
    outcomes = await world.adapter.attempts(submission)
    return [each for each in outcomes if each is None or not each.startswith("not-taken")]


@pytest.mark.parametrize(
    ("failpoint", "attempts", "resent"),
    [
        ("adapter.after_intent", 2, True),
        ("adapter.after_send", 1, False),
        ("adapter.before_outcome", 1, False),
    ],
)
async def test_a_process_killed_while_it_sends_leaves_one_filing(
    world, processes, failpoint, attempts, resent
):
    submission = await world.declare()
    killed = processes(world.database_url, failpoint)
    await until(ended(killed))
    assert killed.returncode == 137
    assert (await world.adapter.get(submission)).state == "INTENT"
    await lease_ends(world)
    await walk_to_deposit(world, submission)
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]
    assert len(await tried(world, submission)) == attempts
    evidence = await world.adapter.evidence(submission)
    assert evidence[0] == "lease-over"
    assert ("may-resend" in evidence) == resent
    assert await world.adapter.told(submission) == ["SubmissionPrepared", "SubmissionAcknowledged"]


async def test_a_process_killed_after_storing_an_answer_applies_it_once(
    world, processes, empty_topics
):
    await world.cpam.plan({"after": "PT1H", "verdict": "CONFIRMATION_TRAITEMENT"})
    submission = await world.declare()
    await world.adapter.submit()
    await world.later(hours=1)
    # Answers are collected when the log has been read.
    killed = processes(world.database_url, "adapter.after_answer_stored", kafka=empty_topics)
    await until(ended(killed))
    assert killed.returncode == 137
    assert len(await world.adapter.rows("select 1 from answer where not confirmed")) == 1
    await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "IN_PROGRESS"
    assert (await world.adapter.told(submission)).count("SubmissionAnswered") == 1


async def test_a_process_frozen_after_it_sent_is_not_repeated_by_the_next(world, processes):
    """What remains, between the look at the lease and the first byte, is in decision 0020."""
    await world.cpam.fault("commit-then-no-answer", seconds=5)
    submission = await world.declare()
    frozen = processes(world.database_url)
    await until(world.cpam.filings)
    frozen.send_signal(signal.SIGSTOP)
    await lease_ends(world)
    await walk_to_deposit(world, submission)
    frozen.send_signal(signal.SIGCONT)
    await asyncio.sleep(1)
    frozen.send_signal(signal.SIGTERM)
    await until(ended(frozen))
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]
    assert len(await tried(world, submission)) == 1


async def test_two_processes_on_one_database_send_each_submission_once(world, processes):
    people = [chr(ord("a") + number) * 64 for number in range(6)]
    declared = [await world.declare(person_ref=person) for person in people]
    for _ in range(2):
        processes(world.database_url, request_seconds=5, lease_seconds=30)
    for submission in declared:
        await until(is_in(world, submission, "DEPOSITED"))
    assert [filing["count"] for filing in await world.cpam.filings()] == [1] * 6
    assert [len(await tried(world, each)) for each in declared] == [1] * 6


async def test_a_wrong_setting_stops_the_process_at_once_with_one_line(
    world, processes, tmp_path: Path
):
    refused = processes(world.database_url, lease_seconds=1)
    await until(ended(refused))
    assert refused.returncode == 2
    assert "LEASE_SECONDS" in (tmp_path / "adapter.log").read_text()
