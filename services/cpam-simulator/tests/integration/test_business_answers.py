"""Scripts, virtual time and the answers that come of them."""

from typing import Any

ACCEPT = {
    "risk": "MALADIE",
    "first_paid_day": "2026-03-05",
    "accepted_until": "2026-03-22",
    "daily_gross": "39.45",
    "subrogation_from": "2026-03-02",
    "subrogation_to": "2026-03-22",
    "claim": "SIN2026001",
}
CONFIRMED = {"after": "PT26H", "verdict": "CONFIRMATION_TRAITEMENT"}
ACCEPTED = {"at": "2026-03-06T10:00:00Z", "verdict": "ACCEPTATION", "accept": ACCEPT}


async def test_without_a_script_the_cpam_is_silent_for_ever(partner: Any) -> None:
    await partner.deposit()
    await partner.jump("2028-01-01T00:00:00Z")
    assert await partner.collect() == []
    assert await partner.files() == []


async def test_answers_come_at_their_virtual_time_and_not_before(partner: Any) -> None:
    await partner.control("scripts", [partner.script(answers=[CONFIRMED, ACCEPTED])])
    await partner.deposit()
    assert await partner.collect() == []
    assert (await partner.quiescence())["next_due"] == "2026-03-03T09:00:00Z"
    await partner.jump("2026-03-03T09:00:00Z")
    (confirmed,) = await partner.collect()
    assert (confirmed["verdict"], confirmed["dateHeure"]) == (
        "CONFIRMATION_TRAITEMENT",
        "2026-03-03T09:00:00Z",
    )
    await partner.jump("2026-03-07T00:00:00Z")
    accepted = (await partner.collect())[-1]
    assert accepted["premierJourIndemnise"] == "2026-03-05"
    assert accepted["ijBrute"] == "39.45"
    assert (accepted["du"], accepted["au"]) == ("2026-03-02", "2026-03-22")
    assert accepted["numeroSinistre"] == "SIN2026001"
    assert (await partner.quiescence())["next_due"] is None


async def test_an_answer_comes_again_until_it_is_confirmed(partner: Any) -> None:
    await partner.control("scripts", [partner.script(answers=[CONFIRMED])])
    await partner.deposit()
    await partner.jump("2026-03-04T00:00:00Z")
    (first,) = await partner.collect()
    assert await partner.collect() == [first]
    assert await partner.confirm(first["identifiantReponse"]) == 1
    assert await partner.collect() == []
    assert await partner.confirm(first["identifiantReponse"], "REP-UNKNOWN1") == 0
    (kept,) = (await partner.ledger())["answers"]
    assert kept["sent"] == 2
    assert kept["confirmed_at"] is not None


async def test_an_account_neither_sees_nor_confirms_the_answers_of_another(partner: Any) -> None:
    await partner.control("scripts", [partner.script(answers=[CONFIRMED])])
    await partner.deposit()
    await partner.jump("2026-03-04T00:00:00Z")
    assert await partner.collect(auth=partner.other) == []
    (answer,) = await partner.collect()
    assert await partner.confirm(answer["identifiantReponse"], auth=partner.other) == 0
    assert len(await partner.collect()) == 1


async def test_an_answer_that_is_not_due_cannot_be_confirmed(partner: Any) -> None:
    await partner.control("scripts", [partner.script(answers=[CONFIRMED])])
    await partner.deposit()
    (planned,) = (await partner.ledger())["answers"]
    assert await partner.confirm(planned["id"]) == 0
    await partner.jump("2026-03-04T00:00:00Z")
    assert len(await partner.collect()) == 1


async def test_a_page_of_answers_says_that_more_wait(partner: Any) -> None:
    answers = [{"after": f"PT{hour}H", "verdict": "REJET", "code": "X1"} for hour in (1, 2, 3)]
    await partner.control("scripts", [partner.script(answers=answers)])
    await partner.deposit()
    await partner.jump("2026-03-03T00:00:00Z")
    page = await partner.call("<RecupererReponses><maximum>2</maximum></RecupererReponses>")
    assert len(page) == 3
    assert page[-1].text == "true"


async def test_the_nth_filing_gets_the_answers_of_its_revision(partner: Any) -> None:
    second = {"after": "PT1H", "revision": 2, "verdict": "REJET", "code": "AVIS_NON_RECU"}
    await partner.control("scripts", [partner.script(answers=[CONFIRMED, second])])
    await partner.deposit()
    await partner.jump("2026-03-09T00:00:00Z")
    await partner.deposit(
        partner.declaration(
            "JON260309001",
            nature="PROLONGATION",
            numeroControleOrigine="JON260302001",
            dernierJour="2026-04-05",
        )
    )
    await partner.jump("2026-03-09T01:00:00Z")
    found = {answer["numeroControle"]: answer["verdict"] for answer in await partner.collect()}
    assert found == {"JON260302001": "CONFIRMATION_TRAITEMENT", "JON260309001": "REJET"}


async def test_a_number_filed_twice_is_answered_once(partner: Any) -> None:
    await partner.control("scripts", [partner.script(answers=[CONFIRMED])])
    await partner.deposit()
    await partner.deposit()
    await partner.jump("2026-03-09T00:00:00Z")
    assert len(await partner.collect()) == 1


async def test_a_script_that_comes_after_the_filing_still_counts(partner: Any) -> None:
    await partner.deposit()
    await partner.jump("2026-03-05T00:00:00Z")
    await partner.control("scripts", [partner.script(answers=[CONFIRMED])])
    assert [answer["dateHeure"] for answer in await partner.collect()] == ["2026-03-03T09:00:00Z"]


async def test_a_script_with_the_nir_and_its_key_matches_the_nir_without(partner: Any) -> None:
    script = partner.script(answers=[{"after": "PT0S", "verdict": "CONFIRMATION_TRAITEMENT"}])
    script["match"]["nir"] += "83"
    await partner.control("scripts", [script])
    await partner.deposit()
    assert len(await partner.collect()) == 1


async def test_a_script_for_another_first_day_does_not_match(partner: Any) -> None:
    script = partner.script(answers=[CONFIRMED])
    script["match"]["first_day"] = "2026-03-03"
    await partner.control("scripts", [script])
    await partner.deposit()
    assert (await partner.ledger())["answers"] == []
