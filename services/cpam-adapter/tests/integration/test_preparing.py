"""What a declared revision becomes before anything is sent."""

import hashlib
from datetime import date, timedelta

import pytest
from contracts.events import (
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    ReturnDeclared,
)
from cpam_adapter.partner import xml
from cpam_adapter.partner.xml import text_of
from sqlalchemy.exc import IntegrityError

LATER = {
    DeclarationProlonged: "prolongation",
    DeclarationCorrected: "correction",
    ReturnDeclared: "return-to-work",
    DeclarationCancelled: "cancellation",
}


async def revise(world, model, first, *, revision=2, **changed):
    declaration = (await world.adapter.get(first)).declaration_id
    extra = {
        DeclarationCancelled: {"cancelled": True},
        ReturnDeclared: {"returned_on": date(2026, 3, 16), "last": date(2026, 3, 15)},
    }.get(model, {})
    return await world.declare(
        model, declaration_id=declaration, revision=revision, change=LATER[model], **extra | changed
    )


async def sent_words(world, submission):
    """The `declaration` element of the frozen envelope."""
    found = await world.adapter.get(submission)
    raw = await world.sealer.open_bytes(
        found.envelope,
        tenant=found.tenant,
        topic="submissions.v1",
        stream=submission,
        field="envelope",
    )
    assert hashlib.sha256(raw).hexdigest() == found.envelope_sha256
    return xml.body_of(xml.read(raw))[0]


async def test_an_initial_declaration_is_frozen_in_the_cpams_words(world):
    submission = await world.declare()
    words = await sent_words(world, submission)
    assert text_of(words, "nature") == "INITIALE"
    assert text_of(words, "numeroControleOrigine") is None
    assert text_of(words, "numeroControle") == (await world.adapter.get(submission)).control_number
    assert text_of(words, "dernierJourTravaille") == "2026-03-01"
    assert len(words.findall(f"{{{xml.MESSAGES}}}salaire")) == 10
    (prepared,) = await world.adapter.news(submission)
    assert (prepared.caisse, prepared.prepared_at) == ("291", world.clock.now())


async def test_the_same_event_twice_prepares_one_submission(world):
    data = await world.declaration()
    assert await world.adapter.prepare(data) == await world.adapter.prepare(data)
    assert len(await world.adapter.rows("select id from submission")) == 1
    assert len(await world.adapter.rows("select id from outbox")) == 1


@pytest.mark.parametrize(
    ("model", "nature"),
    [
        (DeclarationProlonged, "PROLONGATION"),
        (DeclarationCorrected, "RECTIFICATION"),
        (ReturnDeclared, "REPRISE"),
        (DeclarationCancelled, "ANNULATION"),
    ],
)
async def test_each_later_revision_names_the_first_filing_and_its_own_nature(world, model, nature):
    first = await world.declare()
    second = await revise(world, model, first)
    words = await sent_words(world, second)
    assert text_of(words, "nature") == nature
    first_number = (await world.adapter.get(first)).control_number
    assert text_of(words, "numeroControleOrigine") == first_number
    while await world.adapter.submit():
        pass
    assert (await world.adapter.get(second)).state == "DEPOSITED"
    assert [filing["revision"] for filing in await world.cpam.filings()] == [1, 2]


async def test_a_revision_waits_until_the_one_before_it_is_definitive(world):
    await world.cpam.fault("no-commit-then-reset")
    first = await world.declare()
    second = await revise(world, DeclarationProlonged, first, last=date(2026, 4, 5))
    assert await world.adapter.submit() == 1
    assert await world.adapter.submit() == 0
    for minutes in (2, 10):
        await world.later(minutes=minutes)
        await world.adapter.ask()
    assert (await world.adapter.get(second)).attempt == 0
    assert await world.adapter.submit() == 1
    assert (await world.adapter.get(first)).state == "DEPOSITED"
    assert await world.adapter.submit() == 1
    assert (await world.adapter.get(second)).state == "DEPOSITED"


async def test_what_waits_for_an_unknown_outcome_does_not_hold_up_the_clock(world):
    from cpam_adapter.store import claims

    await world.cpam.fault("no-commit-then-reset")
    first = await world.declare()
    await revise(world, DeclarationProlonged, first)
    await world.adapter.submit()
    async with world.adapter.db.begin() as tx:
        assert await claims.count_sendable(tx) == 0
        assert await claims.next_question(tx) == world.clock.now() + timedelta(minutes=2)


async def test_after_a_refused_first_filing_a_correction_is_filed_as_the_first(world):
    await world.cpam.fault("refuse", code="IBAN_INVALIDE")
    first = await world.declare()
    await world.adapter.submit()
    second = await revise(world, DeclarationCorrected, first)
    assert text_of(await sent_words(world, second), "nature") == "INITIALE"
    await world.adapter.submit()
    assert (await world.adapter.get(second)).state == "DEPOSITED"


async def test_where_nothing_was_filed_there_is_nothing_to_cancel(world):
    await world.cpam.fault("refuse", code="IBAN_INVALIDE")
    first = await world.declare()
    await world.adapter.submit()
    await revise(world, DeclarationCancelled, first)
    assert len(await world.adapter.rows("select id from submission")) == 1


async def test_equal_content_of_another_declaration_goes_to_a_person_and_is_not_sent(world):
    await world.declare()
    double = await world.declare()
    assert (await world.adapter.get(double)).state == "HUMAN"
    assert await world.adapter.told(double) == ["SubmissionPrepared", "SubmissionDoubtful"]
    assert await world.adapter.open_incidents() == ["submission-in-doubt"]
    assert await world.adapter.submit() == 1
    assert [filing["count"] for filing in await world.cpam.filings()] == [1]


async def test_what_was_cancelled_may_be_declared_again(world):
    first = await world.declare()
    await world.adapter.submit()
    await revise(world, DeclarationCancelled, first)
    again = await world.declare()
    assert (await world.adapter.get(again)).state == "READY"


async def test_a_revision_may_return_to_an_earlier_content(world):
    first = await world.declare()
    await revise(world, DeclarationCorrected, first, last=date(2026, 3, 20))
    third = await revise(world, DeclarationCorrected, first, revision=3)
    assert (await world.adapter.get(third)).state == "READY"


async def test_what_the_schema_cannot_say_is_refused_to_the_declarant_without_being_sent(world):
    submission = await world.declare(
        pay={"months": [{"month": "2026-02", "gross": "-12.00"}]},
    )
    assert (await world.adapter.get(submission)).state == "REJECTED_FORM"
    refused = (await world.adapter.news(submission))[-1]
    assert (type(refused).__name__, refused.code) == (
        "SubmissionRefused",
        "DECLARATION_NON_CONFORME",
    )
    assert await world.adapter.submit() == 0


async def test_without_a_pay_history_or_subrogation_less_is_said(world):
    submission = await world.declare(
        pay=None, bank=None, subrogation=None, last_worked_day=None, risk="maladie"
    )
    words = await sent_words(world, submission)
    assert text_of(words, "salaire") is None
    assert text_of(words, "subrogation") is None
    assert text_of(words, "dernierJourTravaille") == "2026-03-01"
    await world.adapter.submit()
    assert (await world.adapter.get(submission)).state == "DEPOSITED"


async def test_no_more_than_the_twelve_months_before_the_arret_are_sent(world):
    months = [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(10, 28)]
    submission = await world.declare(
        pay={"months": [{"month": month, "gross": "2400.00"} for month in reversed(months)]}
    )
    words = await sent_words(world, submission)
    sent = [text_of(item, "mois") for item in words.findall(f"{{{xml.MESSAGES}}}salaire")]
    assert (len(sent), sent[0], sent[-1]) == (12, "2025-03", "2026-02")


async def test_the_database_itself_refuses_two_sendings_of_unknown_outcome(world):
    first = await world.declare()
    await revise(world, DeclarationProlonged, first)
    with pytest.raises(IntegrityError, match="submission_one_open"):
        await world.adapter.rows("update submission set state = 'UNKNOWN' returning 1")


async def test_nobody_can_be_read_in_events_incidents_or_rows(world):
    """Only sealed columns know the person."""
    await world.cpam.fault("malformed")
    await world.declare()
    await world.adapter.submit()
    for table in ("submission", "attempt", "evidence", "answer", "quarantine", "incident"):
        text = str(await world.adapter.rows(f"select * from {table}"))
        for clear in ("1850375116042", "EXEMPLE", "Alix", "7630006000011", "2400"):
            assert clear not in text
    for row in await world.adapter.rows("select data from outbox"):
        assert b"1850375116042" not in row["data"]
