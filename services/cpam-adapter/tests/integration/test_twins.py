"""Two adapters on one database, and leases that are too short or gone."""

import asyncio
from datetime import timedelta

from chassis import leases
from cpam_adapter.store import claims


async def test_of_two_adapters_one_sends(world):
    submission = await world.declare()
    await world.together(world.adapter.submit(), world.twin.submit())
    assert (await world.adapter.get(submission)).attempt == 1
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


async def test_of_two_adapters_one_asks(world):
    await world.cpam.fault("commit-then-reset")
    submission = await world.declare()
    await world.adapter.submit()
    await world.later(minutes=2)
    await world.together(world.adapter.ask(), world.twin.ask())
    assert await world.adapter.evidence(submission) == ["query-found"]


async def test_a_lease_that_would_end_during_the_request_is_given_back_unsent(world):
    submission = await world.declare()
    world.adapter.lease = timedelta(seconds=2)
    assert await world.adapter.submit() == 1
    found = await world.adapter.get(submission)
    assert (found.state, found.reason) == ("READY", "lease-too-short")
    assert await world.cpam.filings() == []


async def test_what_a_dead_process_left_is_unknown_and_never_ready(world):
    submission = await world.declare()
    await world.adapter.rows(
        "update submission set state = 'INTENT', attempt = 1, lease_until = now() returning 1"
    )
    assert await world.adapter.recover() == 1
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    assert await world.adapter.submit() == 0
    assert await world.adapter.evidence(submission) == ["lease-over"]


async def test_the_result_of_a_sending_whose_lease_was_taken_over_changes_nothing(world):
    """The other adapter has meanwhile handed it to a person."""
    await world.cpam.fault("server-fault")
    submission = await world.declare()
    fault = world.adapter.submit()

    async def taken_over():
        for _ in range(100):
            moved = await world.adapter.rows(
                "update submission set state = 'HUMAN', lease_owner = null"
                " where state = 'INTENT' returning 1"
            )
            if moved:
                return

    await world.together(fault, taken_over())
    assert (await world.adapter.get(submission)).state in ("HUMAN", "UNKNOWN")


async def test_an_account_that_is_slow_leaves_the_others_their_turn(world):
    await world.cpam.fault("slow", seconds=1, calls=None)
    for person in "abcd":
        await world.declare(person_ref=person * 64)
    world.adapter.parallel = world.twin.parallel = 2
    world.adapter.at_one_account = world.twin.at_one_account = 2
    slow = asyncio.create_task(world.adapter.submit())
    while len(await world.adapter.rows("select 1 from submission where state = 'INTENT'")) < 2:
        await world.cpam.pause()
    assert await world.twin.submit() == 0
    await world.adapter.rows(
        "update submission set account = 'ELSEWHERE' where state = 'INTENT' returning 1"
    )
    assert await world.twin.submit() == 2
    assert await slow == 2
    assert [filing["count"] for filing in await world.cpam.filings()] == [1] * 4


MOST = 3


async def claim(world, tx, limit):
    lease = leases.take(timedelta(minutes=1))
    now = world.clock.now()
    found = await claims.lease_ready(tx, lease=lease, now=now, limit=limit, at_one_account=MOST)
    return len(found)


async def declare_more_than_may_be_sent(world):
    for person in "abcdef":
        await world.declare(person_ref=person * 64)


async def test_one_run_alone_keeps_to_the_most_at_one_account(world):
    await declare_more_than_may_be_sent(world)
    async with world.adapter.db.begin() as tx:
        assert await claim(world, tx, MOST - 1) == MOST - 1
        assert await claim(world, tx, MOST) == 1
        assert await claim(world, tx, MOST) == 0


async def test_runs_that_claim_at_the_same_time_keep_to_the_most_at_one_account(world):
    await declare_more_than_may_be_sent(world)

    async def other():
        async with world.twin.db.begin() as tx:
            return await claim(world, tx, MOST)

    async with world.adapter.db.begin() as tx:
        claimed = await claim(world, tx, MOST - 1) + await other()
        assert claimed <= MOST
    assert claimed + await other() == MOST
