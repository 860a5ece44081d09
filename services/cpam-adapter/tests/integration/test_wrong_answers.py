"""Every wrong answer of the CPAM to a deposit: UNKNOWN, kept, and one filing in the end."""

import pytest

FILED = [
    {"kind": "success-500"},
    {"kind": "truncated"},
    {"kind": "short-length"},
    {"kind": "empty"},
    {"kind": "empty-202"},
    {"kind": "empty-body"},
    {"kind": "malformed"},
    {"kind": "doctype"},
    {"kind": "entity-bomb"},
    {"kind": "wrong-encoding"},
    {"kind": "wrong-namespace"},
    {"kind": "repeated-field"},
    {"kind": "missing-reference"},
    {"kind": "partial-lot"},
]
NOT_FILED = [
    {"kind": "server-fault"},
    {"kind": "html-500"},
    {"kind": "html-502"},
    {"kind": "html-504"},
    {"kind": "retry-503"},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 413},
    {"kind": "client-fault", "code": "ERREUR_INTERNE"},
]
BREACHES = {
    "success-500",
    "empty",
    "empty-body",
    "malformed",
    "doctype",
    "entity-bomb",
    "wrong-encoding",
    "wrong-namespace",
    "repeated-field",
    "missing-reference",
    "partial-lot",
    "truncated",
    "html-500",
}


def name(rule):
    return "-".join(str(value) for value in rule.values())


async def one_filing_after_asking(world, submission):
    for minutes in (2, 10):
        await world.later(minutes=minutes)
        await world.adapter.ask()
        await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


@pytest.mark.parametrize("rule", FILED + NOT_FILED, ids=name)
async def test_a_wrong_answer_is_unknown_then_resolved_with_one_filing(world, rule):
    await world.cpam.fault(**rule)
    submission = await world.declare()
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    assert await world.adapter.told(submission) == ["SubmissionPrepared"]
    alarmed = "cpam-contract-breach" in await world.adapter.open_incidents()
    assert alarmed == (rule["kind"] in BREACHES)
    await one_filing_after_asking(world, submission)


@pytest.mark.parametrize("kind", ["malformed", "html-502", "success-500"])
async def test_the_wrong_answer_is_kept_sealed_as_it_came(world, kind):
    await world.cpam.fault(kind)
    submission = await world.declare()
    await world.adapter.submit()
    (attempt,) = await world.adapter.rows("select * from attempt")
    raw = await world.sealer.open_bytes(
        attempt["answer"],
        tenant="menuiserie-kerbrat",
        topic="submissions.v1",
        stream=submission,
        field="answer-1",
    )
    assert raw
    if kind == "success-500":
        assert b"referenceDepot" in raw
        assert await world.adapter.evidence(submission) == ["reference-unproven"]


async def test_a_bad_account_is_told_and_tried_again_without_a_question(world):
    """Documented: refused before any reading."""
    await world.cpam.fault("status", status=401)
    submission = await world.declare()
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "READY"
    assert await world.adapter.open_incidents() == ["cpam-account-unreachable"]
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await world.adapter.open_incidents() == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"kind": "client-fault", "code": "SCHEMA_NON_CONFORME"}, "SCHEMA_NON_CONFORME"),
        ({"kind": "refuse", "code": "IBAN_INVALIDE"}, "IBAN_INVALIDE"),
    ],
    ids=["fault", "item"],
)
async def test_a_documented_refusal_is_final_and_told_to_the_declarant(world, rule, code):
    await world.cpam.fault(**rule)
    submission = await world.declare()
    await world.adapter.submit()
    found = await world.adapter.get(submission)
    assert (found.state, found.refusal_code) == ("REJECTED_FORM", code)
    refused = (await world.adapter.news(submission))[-1]
    assert (type(refused).__name__, refused.code) == ("SubmissionRefused", code)
    assert await world.adapter.submit() == 0
    assert await world.cpam.filings() == []


async def test_a_duplicate_answer_about_our_own_number_is_a_deposit(world):
    await world.cpam.fault("duplicate-of-own")
    submission = await world.declare()
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"
    assert await world.adapter.attempts(submission) == ["already-deposited"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("duplicate-of-other", "other-content"), ("other-number", "other-number")],
)
async def test_a_receipt_about_something_else_goes_to_quarantine(world, kind, reason):
    await world.cpam.fault(kind)
    submission = await world.declare()
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "UNKNOWN"
    (held,) = await world.adapter.rows("select * from quarantine")
    assert (held["source"], held["reason"]) == ("deposit", reason)
    assert await world.adapter.open_incidents() == [
        "cpam-answer-quarantined",
        "cpam-contract-breach",
    ]
    await one_filing_after_asking(world, submission)


async def test_a_number_known_with_another_content_goes_to_a_person(world):
    await world.cpam.fault("refuse", code="NUMERO_REUTILISE")
    submission = await world.declare()
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "HUMAN"
    assert await world.adapter.told(submission) == ["SubmissionPrepared", "SubmissionDoubtful"]


async def test_a_cpam_that_cannot_be_reached_is_tried_again_and_told_after_a_while(
    world, new_adapter
):
    lonely = await new_adapter(world.adapter.db, "http://127.0.0.1:9/teledeclaration")
    submission = await world.declare()
    for _ in range(5):
        assert await lonely.submit() == 1
    found = await lonely.get(submission)
    assert (found.state, found.attempt, found.reason) == ("READY", 5, "unreachable")
    assert await lonely.open_incidents() == ["cpam-account-unreachable"]
    await world.adapter.submit()
    assert await world.adapter.told(submission) == ["SubmissionPrepared", "SubmissionAcknowledged"]
    assert await world.adapter.open_incidents() == []


async def test_what_waits_for_its_next_try_in_real_time_is_still_to_be_done(world, new_adapter):
    from datetime import timedelta

    from cpam_adapter.store import claims

    lonely = await new_adapter(
        world.adapter.db, "http://127.0.0.1:9/teledeclaration", backoff=timedelta(hours=1)
    )
    await world.declare()
    assert await lonely.submit() == 1
    assert await lonely.submit() == 0
    async with lonely.db.begin() as tx:
        assert await claims.count_sendable(tx) == 1
