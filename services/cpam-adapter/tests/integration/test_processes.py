"""The service as a process: killed at each named place, frozen for too long, two at once.

No broker is needed: what the consumer prepares is prepared here, and the relay waits.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from local_platform.processes import free_port, spawn, stop

LEASE_SECONDS = 3.0


@pytest.fixture
def processes(material, simulator_url, tmp_path):
    """`start(urls, failpoint)` starts one adapter; all are stopped at the end."""
    started = []

    def start(database_url: str, failpoint: str | None = None, **settings: object):
        values = {
            "mode": "test",
            "database": database_url,
            "kafka": f"127.0.0.1:{free_port()}",
            "clock": f"{simulator_url}/clock",
            "directory": material.directory,
            "keys": material.keys("cpam-adapter"),
            "port": free_port(),
            "cpam_url": f"{simulator_url}/teledeclaration",
            "request_seconds": 0.6,
            "lease_seconds": LEASE_SECONDS,
            "submit_poll_seconds": 0.05,
            "answers_poll_seconds": 0.1,
            "log_level": "ERROR",
            **({"failpoint": failpoint} if failpoint else {}),
            **settings,
        }
        env = {f"JONCTION_{name.upper()}": str(value) for name, value in values.items()}
        process = spawn(
            [sys.executable, "-m", "cpam_adapter", "all"],
            log=tmp_path / "adapter.log",
            env={"PATH": os.environ["PATH"], **env},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
        stop(process, by=signal.SIGKILL, seconds=10)


async def until(condition, seconds=20.0):
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


async def walk_to_deposit(world, submission):
    """Jumps to each question that is due, as the director of the demo would."""

    async def deposited():
        found = await world.adapter.get(submission)
        due = found.next_action_at
        if found.state == "UNKNOWN" and due is not None and due > world.clock.now():
            await world.move_to(due)
        return found.state == "DEPOSITED"

    await until(deposited, seconds=30)


@pytest.mark.parametrize(
    ("failpoint", "attempts", "evidence"),
    [
        (
            "adapter.after_intent",
            2,
            ["lease-over", "query-not-found", "query-not-found", "may-resend"],
        ),
        ("adapter.after_send", 1, ["lease-over", "query-found"]),
        ("adapter.before_outcome", 1, ["lease-over", "query-found"]),
    ],
)
async def test_a_process_killed_while_it_sends_leaves_one_filing(
    world, processes, failpoint, attempts, evidence
):
    submission = await world.declare()
    url = world.database_url
    killed = processes(url, failpoint)
    await until(ended(killed))
    assert killed.returncode == 137
    assert (await world.adapter.get(submission)).state == "INTENT"
    processes(url)
    await walk_to_deposit(world, submission)
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]
    assert (await world.adapter.get(submission)).attempt == attempts
    assert await world.adapter.evidence(submission) == evidence
    assert await world.adapter.told(submission) == ["SubmissionPrepared", "SubmissionAcknowledged"]


async def test_a_process_killed_after_storing_an_answer_applies_it_once(world, processes):
    await world.cpam.plan({"after": "PT1H", "verdict": "CONFIRMATION_TRAITEMENT"})
    submission = await world.declare()
    await world.adapter.submit()
    await world.later(hours=1)
    killed = processes(world.database_url, "adapter.after_answer_stored")
    await until(ended(killed))
    assert killed.returncode == 137
    processes(world.database_url)

    async def confirmed():
        return await world.adapter.rows("select 1 from answer where confirmed") != []

    await until(confirmed)
    assert (await world.adapter.get(submission)).state == "IN_PROGRESS"
    assert (await world.adapter.told(submission)).count("SubmissionAnswered") == 1


async def test_a_process_frozen_while_it_sends_is_not_repeated_by_the_next(world, processes):
    """What remains, between the look at the lease and the first byte, is in decision 0020."""
    await world.cpam.fault("slow", seconds=0.4)
    submission = await world.declare()
    frozen = processes(world.database_url)
    await until(is_in(world, submission, "INTENT"))
    frozen.send_signal(signal.SIGSTOP)
    await asyncio.sleep(LEASE_SECONDS)
    processes(world.database_url)
    await until(is_in(world, submission, "UNKNOWN"))
    frozen.send_signal(signal.SIGCONT)
    await walk_to_deposit(world, submission)
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]
    assert (await world.adapter.get(submission)).attempt == 1


async def test_two_processes_on_one_database_send_each_submission_once(world, processes):
    people = [chr(ord("a") + number) * 64 for number in range(6)]
    declared = [await world.declare(person_ref=person) for person in people]
    for _ in range(2):
        processes(world.database_url)
    for submission in declared:
        await until(is_in(world, submission, "DEPOSITED"))
    assert [filing["count"] for filing in await world.cpam.filings()] == [1] * 6
    assert {(await world.adapter.get(each)).attempt for each in declared} == {1}


async def test_a_wrong_setting_stops_the_process_at_once_with_one_line(
    world, processes, tmp_path: Path
):
    refused = processes(world.database_url, lease_seconds=1)
    await until(ended(refused))
    assert refused.returncode == 2
    assert "LEASE_SECONDS" in (tmp_path / "adapter.log").read_text()
