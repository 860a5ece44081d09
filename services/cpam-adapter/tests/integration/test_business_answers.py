"""Business answers: tied by the number alone, applied once, forward only; the rest kept apart."""

import pytest

ACCEPT = {
    "verdict": "ACCEPTATION",
    "accept": {
        "risk": "MALADIE",
        "first_paid_day": "2026-03-05",
        "accepted_until": "2026-03-22",
        "daily_gross": "39.45",
        "claim": None,
    },
}
REJECT = {"verdict": "REJET", "code": "AVIS_NON_RECU", "label": "Avis d'arrêt de travail non reçu"}
DOCUMENTS = {"verdict": "DEMANDE_PIECES", "code": "PIECE_ABSENTE", "label": "Pièce manquante"}
CONFIRM = {"verdict": "CONFIRMATION_TRAITEMENT"}


async def deposited(world, *answers):
    await world.cpam.plan(*answers)
    submission = await world.declare()
    await world.adapter.submit()
    return submission


def verdicts(news):
    return [each.verdict for each in news if type(each).__name__ == "SubmissionAnswered"]


async def test_documents_requested_then_accepted_is_the_normal_way(world):
    submission = await deposited(world, {"after": "PT1H", **DOCUMENTS}, {"after": "P3D", **ACCEPT})
    await world.later(hours=1)
    await world.adapter.answers()
    await world.later(days=3)
    await world.adapter.answers()
    assert verdicts(await world.adapter.news(submission)) == ["documents-requested", "accepted"]
    assert (await world.adapter.get(submission)).state == "ACCEPTED"
    assert await world.adapter.open_incidents() == []


async def test_a_rejection_keeps_its_code_and_label(world):
    submission = await deposited(world, {"after": "PT1H", **REJECT})
    await world.later(hours=1)
    await world.adapter.answers()
    answer = (await world.adapter.news(submission))[-1]
    assert (answer.verdict, answer.code) == ("rejected", "AVIS_NON_RECU")
    assert answer.label == "Avis d'arrêt de travail non reçu"


@pytest.mark.parametrize(("first", "second"), [(ACCEPT, REJECT), (REJECT, ACCEPT)])
async def test_answers_that_contradict_each_other_go_to_a_person(world, first, second):
    submission = await deposited(world, {"after": "PT1H", **first}, {"after": "PT2H", **second})
    for _ in range(2):
        await world.later(hours=1)
        await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "CONFLICT"
    assert (await world.adapter.told(submission))[-1] == "SubmissionDoubtful"
    assert len(verdicts(await world.adapter.news(submission))) == 1
    assert await world.adapter.open_incidents() == ["submission-in-doubt"]


async def test_an_answer_given_five_times_is_applied_once(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.cpam.fault("duplicate-answers", times=5)
    await world.later(hours=1)
    await world.adapter.answers()
    await world.twin.answers()
    assert verdicts(await world.adapter.news(submission)) == ["accepted"]
    assert await world.adapter.rows("select 1 from answer where not confirmed") == []


async def test_an_answer_is_confirmed_only_once_it_is_applied(world):
    await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.later(hours=1)
    assert await world.adapter.collect() == 1
    assert await world.adapter.collect() == 0
    assert await world.adapter.apply() == 1
    assert await world.adapter.collect() == 1
    assert await world.adapter.collect() == 0


async def test_an_answer_that_comes_again_after_its_confirmation_was_lost_is_confirmed_again(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.cpam.fault("no-commit-then-reset", operation="ConfirmerReponses")
    await world.later(hours=1)
    await world.adapter.collect()
    await world.adapter.apply()
    with pytest.raises(Exception, match="confirmations"):
        await world.adapter.collect()
    await world.adapter.answers()
    assert verdicts(await world.adapter.news(submission)) == ["accepted"]
    assert await world.adapter.rows("select 1 from answer where not confirmed") == []


async def test_answers_in_the_wrong_order_never_take_a_step_back(world):
    submission = await deposited(
        world, {"after": "PT1H", **CONFIRM}, {"after": "PT2H", **DOCUMENTS}
    )
    await world.cpam.fault("reordered")
    await world.later(hours=2)
    await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "DOCUMENTS_REQUESTED"
    assert verdicts(await world.adapter.news(submission)) == ["in-progress", "documents-requested"]


async def test_a_late_confirmation_of_processing_after_the_decision_changes_nothing(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT}, {"after": "PT2H", **CONFIRM})
    for _ in range(2):
        await world.later(hours=1)
        await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "ACCEPTED"
    assert verdicts(await world.adapter.news(submission)) == ["accepted"]
    (ignored,) = await world.adapter.rows("select reason from answer where state = 'ignored'")
    assert ignored["reason"] == "no-news"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("unknown-number", "unknown-number"),
        ("cut-number", "unknown-number"),
    ],
)
async def test_an_answer_that_fits_no_submission_goes_to_quarantine_with_one_alert(
    world, kind, reason
):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.cpam.fault(kind)
    await world.later(hours=1)
    await world.adapter.answers()
    await world.twin.answers()
    held = await world.adapter.rows("select * from quarantine")
    assert [row["reason"] for row in held] == [reason]
    assert await world.adapter.open_incidents() == ["cpam-answer-quarantined"]
    assert (await world.adapter.get(submission)).state in ("DEPOSITED", "ACCEPTED")


async def test_an_answer_about_another_accounts_submission_goes_to_quarantine(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    foreign = await world.declare(person_ref="b" * 64)
    await world.adapter.rows(
        "update submission set tenant = 'transports-delorme', account = 'DELORME69', attempt = 1,"
        " state = 'INTENT', control_number = 'AUTRE00000000001' where id = :id returning 1",
        id=foreign,
    )
    await world.cpam.fault("other-account")
    await world.later(hours=1)
    await world.adapter.answers()
    (held,) = await world.adapter.rows("select * from quarantine")
    assert (held["reason"], held["control_number"]) == ("other-account", "AUTRE00000000001")
    assert (await world.adapter.get(foreign)).state == "INTENT"
    assert (await world.adapter.get(submission)).state == "ACCEPTED"


@pytest.mark.parametrize(
    "kind", ["malformed", "doctype", "entity-bomb", "wrong-encoding", "empty", "empty-body"]
)
async def test_a_collection_that_cannot_be_read_is_kept_and_told_once(world, kind):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.cpam.fault(kind, operation="RecupererReponses", account="KERBRAT29", calls=2)
    await world.later(hours=1)
    for _ in range(2):
        with pytest.raises(Exception, match="cannot be read"):
            await world.adapter.collect()
    held = await world.adapter.rows("select reason, size from quarantine")
    assert len(held) == 1
    assert held[0]["reason"].startswith("unreadable-")
    await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "ACCEPTED"


async def test_one_answer_that_breaks_the_schema_does_not_hide_the_others(world):
    submission = await deposited(
        world, {"after": "PT1H", **CONFIRM}, {"after": "PT1H", **DOCUMENTS}
    )
    await world.cpam.fault("repeated-field", operation="RecupererReponses", account="KERBRAT29")
    await world.later(hours=1)
    await world.adapter.answers()
    held = await world.adapter.rows("select reason, answer_id from quarantine")
    assert [row["reason"] for row in held] == ["schema"]
    assert len(verdicts(await world.adapter.news(submission))) == 1


async def test_while_the_sending_is_not_over_an_answer_waits(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.later(hours=1)
    await world.adapter.collect()
    in_sending = "update submission set state = :state, reference = null returning 1"
    await world.adapter.rows(in_sending, state="INTENT")
    assert await world.adapter.apply() == 0
    await world.adapter.rows(in_sending, state="UNKNOWN")
    assert await world.adapter.apply() == 1
    assert (await world.adapter.get(submission)).state == "ACCEPTED"


async def test_an_answer_for_a_submission_that_was_never_sent_is_not_believed(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.adapter.rows(
        "update submission set state = 'READY', attempt = 0, reference = null returning 1"
    )
    await world.later(hours=1)
    await world.adapter.answers()
    (held,) = await world.adapter.rows("select reason from quarantine")
    assert held["reason"] == "never-sent"
    assert (await world.adapter.get(submission)).state == "READY"


async def test_an_answer_to_a_filing_that_landed_late_stops_the_second_sending(world):
    submission = await deposited(world, {"after": "PT1H", **ACCEPT})
    await world.adapter.rows(
        "update submission set state = 'READY', deposited_at = null, reference = null returning 1"
    )
    await world.later(hours=1)
    await world.adapter.answers()
    assert await world.adapter.submit() == 0
    assert (await world.adapter.get(submission)).state == "ACCEPTED"
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


async def test_an_acceptance_that_names_no_amount_is_told_without_one(world):
    vague = {
        "verdict": "ACCEPTATION",
        "accept": {"risk": "MALADIE", "first_paid_day": "2026-03-05"},
    }
    submission = await deposited(world, {"after": "PT1H", **vague})
    await world.later(hours=1)
    await world.adapter.answers()
    answer = (await world.adapter.news(submission))[-1]
    assert (answer.verdict, answer.acceptance) == ("accepted", None)
