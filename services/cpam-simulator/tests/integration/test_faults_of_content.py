"""Answers that are well-formed and wrong, or that break off: receipts and business answers."""

from typing import Any

import httpx
import pytest
from lxml import etree

T = "{urn:jonction:cpam:teledeclaration:v1}"


async def hit(partner: Any, kind: str, **more: Any) -> httpx.Response:
    await partner.fault(kind, **more)
    answer: httpx.Response = await partner.post_deposit(patience=1)
    return answer


async def filed(partner: Any) -> int:
    return sum(filing["count"] for filing in (await partner.ledger())["filings"])


async def test_a_lot_may_be_answered_in_part(partner: Any) -> None:
    await partner.fault("partial-lot")
    answer = await partner.post_deposit(
        partner.declaration("JON260302001"),
        partner.declaration("JON260302002", nir="2920459350118"),
    )
    assert [item.text for item in partner.answered(answer).iter(f"{T}numeroControle")] == [
        "JON260302001"
    ]
    assert await filed(partner) == 2


@pytest.mark.parametrize(
    ("kind", "number", "repeat", "own"),
    [
        ("other-number", "AUTRE00000000001", "false", True),
        ("duplicate-of-own", "JON260302001", "true", True),
        ("duplicate-of-other", "JON260302001", "true", False),
    ],
)
async def test_a_receipt_may_name_something_else(
    partner: Any, kind: str, number: str, repeat: str, own: bool
) -> None:
    receipt = partner.answered(await hit(partner, kind)).find(f"{T}accuse")
    assert receipt.findtext(f"{T}numeroControle") == number
    assert receipt.findtext(f"{T}depot/{T}dejaDepose") == repeat
    told = receipt.findtext(f"{T}depot/{T}referenceDepot")
    (filing,) = (await partner.ledger())["filings"]
    assert (told in filing["references"]) is own


async def test_one_item_of_a_lot_may_be_refused(partner: Any) -> None:
    await partner.fault("refuse", control_number="JON260302002", code="IBAN_INVALIDE")
    answer = await partner.deposit(
        partner.declaration("JON260302001"),
        partner.declaration("JON260302002", nir="2920459350118"),
    )
    assert [item.text for item in answer.iter(f"{T}code")] == ["IBAN_INVALIDE"]
    assert await filed(partner) == 1


async def with_answers(partner: Any, count: int) -> None:
    planned = [
        {"after": f"PT{minute}M", "verdict": "REJET", "code": "X1"} for minute in range(count)
    ]
    await partner.control("scripts", [partner.script(answers=planned)])
    await partner.deposit()
    await partner.jump("2026-03-02T10:00:00Z")


async def test_answers_may_come_five_times(partner: Any) -> None:
    await with_answers(partner, 2)
    await partner.fault("duplicate-answers", times=5)
    found = [answer["identifiantReponse"] for answer in await partner.collect()]
    assert len(found) == 10
    assert len(set(found)) == 2
    assert len(await partner.collect()) == 2


async def test_answers_may_come_in_the_wrong_order(partner: Any) -> None:
    await with_answers(partner, 3)
    await partner.fault("reordered")
    wrong = [answer["dateHeure"] for answer in await partner.collect()]
    right = [answer["dateHeure"] for answer in await partner.collect()]
    assert wrong == right[::-1] != right


async def test_an_answer_may_name_a_number_that_nobody_filed(partner: Any) -> None:
    await with_answers(partner, 1)
    await partner.fault("unknown-number")
    own, stray = await partner.collect()
    assert own["numeroControle"] == "JON260302001"
    assert stray["numeroControle"] == "INCONNU000000001"


async def test_an_answer_may_name_a_number_cut_short(partner: Any) -> None:
    long = "JON26030200100001"
    planned = {"after": "PT0S", "verdict": "CONFIRMATION_TRAITEMENT"}
    await partner.control("scripts", [partner.script(answers=[planned])])
    await partner.deposit(partner.declaration(long))
    await partner.fault("cut-number")
    (answer,) = await partner.collect()
    assert answer["numeroControle"] == long[:12]


async def test_an_answer_may_belong_to_another_account(partner: Any) -> None:
    theirs = partner.declaration("AUT260302001", siret="73282932000074", nir="2920459350118")
    await partner.deposit(theirs, auth=partner.other)
    await with_answers(partner, 1)
    await partner.fault("other-account")
    assert [answer["numeroControle"] for answer in await partner.collect()] == [
        "JON260302001",
        "AUT260302001",
    ]


async def test_a_fault_of_answers_waits_for_answers(partner: Any) -> None:
    await partner.fault("duplicate-answers", times=2)
    assert await partner.collect() == []
    await with_answers(partner, 1)
    assert len(await partner.collect()) == 2


async def test_a_confirmation_may_be_lost_before_it_counts(partner: Any) -> None:
    await with_answers(partner, 1)
    await partner.fault("no-commit-then-reset", operation="ConfirmerReponses")
    (answer,) = await partner.collect()
    with pytest.raises(httpx.ReadError):
        await partner.confirm(answer["identifiantReponse"])
    assert len(await partner.collect()) == 1


async def test_collecting_may_break_off_and_loses_nothing(partner: Any) -> None:
    await with_answers(partner, 1)
    await partner.fault("truncated", operation="RecupererReponses")
    answer = await partner.post(partner.envelope("<RecupererReponses/>"))
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.content)
    assert len(await partner.collect()) == 1
