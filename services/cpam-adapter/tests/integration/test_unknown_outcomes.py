"""A sending whose outcome nobody knows is asked about, and repeated only on proof."""

import hashlib

import pytest


async def sent_into_doubt(world, kind, **rule):
    await world.cpam.fault(kind, **rule)
    submission = await world.declare()
    await world.adapter.submit()
    found = await world.adapter.get(submission)
    assert found.state == "UNKNOWN"
    return submission


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "commit-then-no-answer", "seconds": 0.3},
        {"kind": "commit-then-reset"},
        {"kind": "commit-then-close"},
    ],
)
async def test_what_was_filed_without_an_answer_is_found_and_never_sent_again(world, rule):
    submission = await sent_into_doubt(world, **rule)
    assert await world.adapter.ask() == 0
    await world.later(minutes=2)
    assert await world.adapter.ask() == 1
    found = await world.adapter.get(submission)
    assert found.state == "DEPOSITED"
    assert found.deposited_at.isoformat() == "2026-03-02T07:00:00+00:00"
    assert await world.adapter.submit() == 0
    (filing,) = await world.cpam.filings()
    assert filing["count"] == 1
    assert await world.adapter.told(submission) == ["SubmissionPrepared", "SubmissionAcknowledged"]
    assert await world.adapter.evidence(submission) == ["query-found"]


@pytest.mark.parametrize(
    "rule", [{"kind": "no-commit-no-answer", "seconds": 0.3}, {"kind": "no-commit-then-reset"}]
)
async def test_what_was_not_filed_is_sent_again_once_with_the_same_bytes(world, rule):
    submission = await sent_into_doubt(world, **rule)
    await world.later(minutes=2)
    assert await world.adapter.ask() == 1
    assert await world.adapter.submit() == 0
    await world.later(minutes=9, seconds=59)
    assert await world.adapter.ask() == 0
    await world.later(seconds=1)
    assert await world.adapter.ask() == 1
    assert await world.adapter.submit() == 1
    found = await world.adapter.get(submission)
    assert (found.state, found.attempt) == ("DEPOSITED", 2)
    (filing,) = await world.cpam.filings()
    assert (filing["count"], filing["control_number"]) == (1, found.control_number)
    assert filing["body_sha256"] == [found.envelope_sha256]
    assert await world.adapter.evidence(submission) == [
        "query-not-found",
        "query-not-found",
        "may-resend",
    ]
    hashes = await world.adapter.rows("select distinct envelope_sha256 from attempt")
    assert len(hashes) == 1


async def test_what_is_sent_three_times_without_an_answer_is_told_and_goes_on(world):
    await world.cpam.fault("no-commit-then-reset", calls=3)
    submission = await world.declare()
    for _ in range(3):
        await world.adapter.submit()
        for minutes in (2, 10):
            await world.later(minutes=minutes)
            await world.adapter.ask()
    assert await world.adapter.open_incidents() == ["submission-in-doubt"]
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await world.adapter.open_incidents() == []


async def test_a_question_without_an_answer_proves_nothing_and_alarms(world):
    submission = await sent_into_doubt(world, "no-commit-then-reset")
    await world.cpam.fault("server-fault", operation="ConsulterStatut", calls=3)
    for minutes in (2, 3, 10):
        await world.later(minutes=minutes)
        assert await world.adapter.ask() == 1
        assert await world.adapter.submit() == 0
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    assert await world.adapter.evidence(submission) == ["query-failed"] * 3
    assert await world.adapter.open_incidents() == ["submission-in-doubt"]


async def test_a_question_that_is_never_answered_ends_with_a_person(world):
    submission = await sent_into_doubt(world, "commit-then-reset")
    await world.cpam.fault("server-fault", operation="ConsulterStatut", calls=None)
    while (await world.adapter.get(submission)).state == "UNKNOWN":
        await world.move_to((await world.adapter.get(submission)).next_action_at)
        assert await world.adapter.ask() == 1
    assert (await world.adapter.get(submission)).state == "HUMAN"
    assert (world.clock.now() - (await world.adapter.get(submission)).intent_at).days == 1
    assert await world.adapter.told(submission) == ["SubmissionPrepared", "SubmissionDoubtful"]
    assert await world.adapter.open_incidents() == ["submission-in-doubt"]
    assert await world.adapter.ask() + await world.adapter.submit() == 0


async def test_a_filing_that_lands_after_two_not_found_is_seen_as_a_double(world, new_adapter):
    """What mode B cannot prevent (the window of decision 0020): it is found and told."""
    url = f"{world.cpam.url}/teledeclaration"
    hasty = await new_adapter(world.adapter.db, url, longest_seconds=0.5)
    await world.cpam.fault("late-commit", seconds=3)
    submission = await world.declare()
    await hasty.submit()
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    await world.later(minutes=2)
    await world.adapter.ask()
    await world.cpam.call("DELETE", "/control/faults")
    await world.cpam.fault("commit-then-reset")
    await world.later(minutes=10)
    await world.adapter.ask()
    assert (await world.adapter.get(submission)).state == "READY"
    await world.adapter.submit()
    for _ in range(400):
        (filing,) = await world.cpam.filings()
        if filing["count"] == 2:
            break
        await world.cpam.pause()
    await world.later(minutes=2)
    await world.adapter.ask()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await world.adapter.open_incidents() == ["cpam-double-filing"]


async def test_what_the_cpam_has_under_our_number_must_be_what_we_sent(world):
    submission = await sent_into_doubt(world, "commit-then-reset")
    await world.adapter.rows(
        "update submission set filing_sha256 = :other returning 1",
        other=hashlib.sha256(b"something else").hexdigest(),
    )
    await world.later(minutes=2)
    await world.adapter.ask()
    assert (await world.adapter.get(submission)).state == "HUMAN"
    assert (await world.adapter.told(submission))[-1] == "SubmissionDoubtful"


async def test_an_answer_slower_than_the_lease_still_resolves_the_doubt(world, new_adapter):
    """The lease was taken over while the bytes were on their way: nothing is sent twice."""
    patient = await new_adapter(
        world.adapter.db, f"{world.cpam.url}/teledeclaration", longest_seconds=5
    )
    await world.cpam.fault("slow", seconds=1)
    submission = await world.declare()

    async def recovered_meanwhile():
        for _ in range(100):
            if (await world.adapter.get(submission)).state == "INTENT":
                break
            await world.cpam.pause()
        await world.adapter.rows("update submission set lease_until = now() returning 1")
        assert await world.twin.recover() == 1
        assert (await world.twin.get(submission)).state == "UNKNOWN"

    await world.together(patient.submit(), recovered_meanwhile())
    found = await world.adapter.get(submission)
    assert (found.state, found.attempt) == ("DEPOSITED", 1)
    assert await world.adapter.evidence(submission) == ["lease-over", "late-answer"]
    await world.later(minutes=2)
    assert await world.adapter.ask() + await world.adapter.submit() == 0
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


async def test_in_mode_a_the_same_bytes_are_sent_again_and_recognised(world):
    await world.cpam.mode("A")
    world.adapter.capability = "A"
    submission = await sent_into_doubt(world, "commit-then-reset")
    await world.later(minutes=2)
    await world.adapter.ask()
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await world.adapter.attempts(submission) == ["unclear:connection", "already-deposited"]
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


@pytest.mark.parametrize("mode", ["C", "D"])
async def test_in_modes_c_and_d_nothing_is_sent_again_and_a_person_looks_at_the_limit(world, mode):
    await world.cpam.mode(mode)
    world.adapter.capability = mode
    submission = await sent_into_doubt(world, "commit-then-reset")
    await world.later(minutes=2)
    await world.adapter.ask()
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    await world.later(hours=24)
    await world.adapter.ask()
    assert (await world.adapter.get(submission)).state == "HUMAN"
    assert await world.adapter.submit() == 0
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


async def test_a_receipt_ends_the_doubt_in_mode_c(world):
    await world.cpam.mode("C")
    world.adapter.capability = "C"
    await world.cpam.plan({"after": "PT1H", "verdict": "CONFIRMATION_TRAITEMENT"})
    submission = await sent_into_doubt(world, "commit-then-reset")
    await world.later(hours=1)
    await world.adapter.answers()
    found = await world.adapter.get(submission)
    assert (found.state, found.next_action_at) == ("IN_PROGRESS", None)
    assert found.reference.startswith("DEP-")
    assert await world.adapter.evidence(submission) == ["answer"]


async def test_in_mode_b_the_date_of_a_deposit_proven_by_its_receipt_is_asked_for(world):
    await world.cpam.plan({"after": "PT1M", "verdict": "ACCEPTATION", "accept": ACCEPTED})
    submission = await sent_into_doubt(world, "commit-then-reset")
    await world.later(minutes=1)
    await world.adapter.answers()
    assert await world.adapter.ask() == 1
    found = await world.adapter.get(submission)
    assert (found.state, found.next_action_at) == ("ACCEPTED", None)
    assert found.deposited_at.isoformat() == "2026-03-02T07:00:00+00:00"
    assert await world.adapter.told(submission) == [
        "SubmissionPrepared",
        "SubmissionAnswered",
        "SubmissionAcknowledged",
    ]


ACCEPTED = {
    "risk": "MALADIE",
    "first_paid_day": "2026-03-05",
    "accepted_until": "2026-03-22",
    "daily_gross": "39.45",
    "claim": None,
}
