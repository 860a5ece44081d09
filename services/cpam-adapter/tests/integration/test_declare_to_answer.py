"""From a declared revision to the CPAM's answers, over real SOAP."""

from datetime import UTC, datetime
from decimal import Decimal

from contracts.events import SubmissionAcknowledged, SubmissionAnswered

ACCEPTED = {
    "verdict": "ACCEPTATION",
    "accept": {
        "risk": "MALADIE",
        "first_paid_day": "2026-03-05",
        "accepted_until": "2026-03-22",
        "daily_gross": "39.45",
        "subrogation_from": "2026-03-02",
        "subrogation_to": "2026-03-22",
        "claim": None,
    },
}


async def test_a_declaration_is_deposited_once_and_its_answers_are_told(world):
    await world.cpam.plan(
        {"after": "PT26H", "verdict": "CONFIRMATION_TRAITEMENT"}, {"after": "P4D", **ACCEPTED}
    )
    submission = await world.declare()
    assert await world.adapter.submit() == 1
    assert await world.adapter.submit() == 0
    acknowledged = (await world.adapter.news(submission))[1]
    assert isinstance(acknowledged, SubmissionAcknowledged)
    assert acknowledged.reference.startswith("DEP-")
    assert acknowledged.deposited_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    (filing,) = await world.cpam.filings()
    assert filing["count"] == 1

    await world.later(hours=26)
    await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "IN_PROGRESS"
    await world.later(days=3)
    await world.adapter.answers()
    assert (await world.adapter.get(submission)).state == "ACCEPTED"
    assert await world.adapter.told(submission) == [
        "SubmissionPrepared",
        "SubmissionAcknowledged",
        "SubmissionAnswered",
        "SubmissionAnswered",
    ]
    answer = (await world.adapter.news(submission))[-1]
    assert isinstance(answer, SubmissionAnswered)
    assert answer.acceptance is not None
    assert answer.acceptance.daily_gross == Decimal("39.45")
    assert await world.adapter.open_incidents() == []
