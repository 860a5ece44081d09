"""What each kind of caisse does with a control number that it has already seen."""

import asyncio
from typing import Any

import pytest

T = "{urn:jonction:cpam:teledeclaration:v1}"


async def twice(partner: Any, mode: str) -> tuple[Any, Any]:
    await partner.control("mode", {"mode": mode})
    first, second = [(await partner.deposit()).find(f"{T}accuse/{T}depot") for _ in range(2)]
    return first, second


async def test_mode_a_recognises_a_repeat_and_names_its_own_reference(partner: Any) -> None:
    first, second = await twice(partner, "A")
    assert second.findtext(f"{T}dejaDepose") == "true"
    assert second.findtext(f"{T}referenceDepot") == first.findtext(f"{T}referenceDepot")
    ledger = await partner.ledger()
    assert [filing["count"] for filing in ledger["filings"]] == [1]
    assert len(ledger["calls"]) == 2


@pytest.mark.parametrize("mode", ["B", "C", "D"])
async def test_other_modes_file_a_repeat_twice_and_the_ledger_tells(
    partner: Any, mode: str
) -> None:
    first, second = await twice(partner, mode)
    assert second.findtext(f"{T}dejaDepose") == "false"
    assert second.findtext(f"{T}referenceDepot") != first.findtext(f"{T}referenceDepot")
    ledger = await partner.ledger()
    assert [filing["count"] for filing in ledger["filings"]] == [2]
    assert [double["count"] for double in ledger["doubles"]] == [2]


async def test_the_same_thing_under_two_numbers_is_a_double(partner: Any) -> None:
    await partner.deposit(partner.declaration("JON260302001"))
    await partner.deposit(partner.declaration("JON260302002"))
    (double,) = (await partner.ledger())["doubles"]
    assert double["control_numbers"] == ["JON260302001", "JON260302002"]


async def test_mode_b_counts_the_deposits_under_a_number(partner: Any) -> None:
    await twice(partner, "B")
    assert (await partner.query()).findtext(f"{T}nombreDepots") == "2"


@pytest.mark.parametrize("mode", ["A", "C", "D"])
async def test_only_mode_b_offers_the_status_query(partner: Any, mode: str) -> None:
    await partner.control("mode", {"mode": mode})
    asked = "<ConsulterStatut><numeroControle>JON260302001</numeroControle></ConsulterStatut>"
    answer = await partner.post(partner.envelope(asked))
    assert answer.status_code == 500
    assert "OPERATION_NON_OFFERTE" in answer.text


@pytest.mark.parametrize(
    ("mode", "refused"), [("A", True), ("B", True), ("C", False), ("D", False)]
)
async def test_modes_a_and_b_refuse_a_number_with_other_content(
    partner: Any, mode: str, refused: bool
) -> None:
    await partner.control("mode", {"mode": mode})
    await partner.deposit()
    answer = await partner.deposit(partner.declaration(dernierJour="2026-03-23"))
    code = answer.findtext(f"{T}accuse/{T}refus/{T}code")
    assert code == ("NUMERO_REUTILISE" if refused else None)


async def test_answers_of_mode_d_carry_no_control_number(partner: Any) -> None:
    await partner.control("mode", {"mode": "D"})
    answer = {"after": "PT0S", "verdict": "CONFIRMATION_TRAITEMENT"}
    await partner.control("scripts", [partner.script(answers=[answer])])
    await partner.deposit()
    (found,) = await partner.collect()
    assert "numeroControle" not in found
    assert found["referenceDepot"].startswith("DEP-")


async def test_one_number_sent_by_many_at_once_is_filed_once_in_mode_a(partner: Any) -> None:
    await partner.control("mode", {"mode": "A"})
    answers = await asyncio.gather(*(partner.deposit() for _ in range(20)))
    told = [answer.findtext(f"{T}accuse/{T}depot/{T}dejaDepose") for answer in answers]
    assert sorted(told) == ["false"] + ["true"] * 19
    assert len({answer.findtext(f".//{T}referenceDepot") for answer in answers}) == 1
    assert [filing["count"] for filing in (await partner.ledger())["filings"]] == [1]


async def test_two_accounts_may_use_the_same_number(partner: Any) -> None:
    await partner.deposit()
    theirs = partner.declaration(siret="73282932000074")
    await partner.deposit(theirs, auth=partner.other)
    found = [(one["account"], one["count"]) for one in (await partner.ledger())["filings"]]
    assert found == [("ATELIER", 1), ("AUTRE", 1)]
