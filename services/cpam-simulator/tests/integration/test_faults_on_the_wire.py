"""Each kind of fault, seen from the client's socket, and what the ledger says beside it."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from cpam_simulator.contract.read_xml import XmlRefused, read_xml
from cpam_simulator.contract.schemas import schema
from cpam_simulator.domain.fault import KINDS
from lxml import etree

T = "{urn:jonction:cpam:teledeclaration:v1}"

COMMITTED = {kind for kind, told in KINDS.items() if told.commits}


async def hit(partner: Any, kind: str, **more: Any) -> httpx.Response:
    await partner.fault(kind, **more)
    answer: httpx.Response = await partner.post_deposit(patience=1)
    return answer


async def filed(partner: Any) -> int:
    return sum(filing["count"] for filing in (await partner.ledger())["filings"])


@pytest.mark.parametrize("kind", ["commit-then-no-answer", "no-commit-no-answer"])
async def test_silence_looks_the_same_whether_filed_or_not(partner: Any, kind: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await hit(partner, kind)
    assert await filed(partner) == (kind in COMMITTED)
    (call,) = (await partner.ledger())["calls"]
    assert call["fault"] == kind


async def test_silence_ends_with_a_reset_after_its_time(partner: Any) -> None:
    with pytest.raises(httpx.ReadError):
        await hit(partner, "commit-then-no-answer", seconds=0.1)


@pytest.mark.parametrize("kind", ["commit-then-reset", "no-commit-then-reset"])
async def test_a_reset_looks_the_same_whether_filed_or_not(partner: Any, kind: str) -> None:
    with pytest.raises(httpx.ReadError):
        await hit(partner, kind)
    assert await filed(partner) == (kind in COMMITTED)


async def test_the_connection_is_closed_without_a_word(partner: Any) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await hit(partner, "commit-then-close")
    assert await filed(partner) == 1


async def test_a_short_body_breaks_off_before_its_announced_length(partner: Any) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await hit(partner, "short-length")
    assert await filed(partner) == 1


async def test_a_slow_answer_is_right_and_late(partner: Any) -> None:
    before = time.monotonic()
    answer = await hit(partner, "slow", seconds=0.3)
    assert time.monotonic() - before >= 0.3
    partner.answered(answer)


async def test_a_late_filing_lands_after_the_caller_has_gone(partner: Any) -> None:
    await partner.fault("late-commit", seconds=0.6)
    with pytest.raises(httpx.ReadTimeout):
        await partner.post_deposit(patience=0.2)
    assert (await partner.query()).findtext(f"{T}statut") == "INCONNU"
    quiet = await partner.quiescence()
    assert quiet["due"] == 1
    assert quiet["reasons"]
    await asyncio.sleep(0.7)
    assert (await partner.query()).findtext(f"{T}statut") == "DEPOSE"
    assert (await partner.quiescence())["due"] == 0


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("server-fault", 500, b"soap:Server"),
        ("client-fault", 500, b"SCHEMA_NON_CONFORME"),
        ("html-500", 500, b"<!DOCTYPE html>"),
        ("html-502", 502, b"<html"),
        ("html-504", 504, b"<html"),
        ("status", 401, b""),
    ],
)
async def test_errors_of_the_server_file_nothing(
    partner: Any, kind: str, status: int, words: bytes
) -> None:
    answer = await hit(partner, kind)
    assert answer.status_code == status
    assert words in answer.content
    assert await filed(partner) == 0


async def test_an_error_may_be_told_to_file_all_the_same(partner: Any) -> None:
    answer = await hit(partner, "html-502", commit=True)
    assert answer.status_code == 502
    assert await filed(partner) == 1


async def test_the_html_of_a_502_is_well_formed_and_that_of_a_500_is_not(partner: Any) -> None:
    etree.fromstring((await hit(partner, "html-502")).content)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring((await hit(partner, "html-500")).content)


async def test_a_503_says_when_to_come_back(partner: Any) -> None:
    answer = await hit(partner, "retry-503", seconds=7)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_a_fault_carries_the_code_that_was_asked_for(partner: Any) -> None:
    answer = await hit(partner, "server-fault", code="DELAI_DEPASSE")
    assert b"DELAI_DEPASSE" in answer.content


async def test_a_success_may_come_as_500(partner: Any) -> None:
    answer = await hit(partner, "success-500")
    assert answer.status_code == 500
    assert partner.answered(answer).find(f"{T}accuse/{T}depot") is not None


@pytest.mark.parametrize(("kind", "status"), [("empty", 200), ("empty-202", 202)])
async def test_an_empty_answer_hides_a_filing(partner: Any, kind: str, status: int) -> None:
    answer = await hit(partner, kind)
    assert (answer.status_code, answer.content) == (status, b"")
    assert await filed(partner) == 1


@pytest.mark.parametrize(
    "kind", ["truncated", "malformed", "doctype", "entity-bomb", "wrong-encoding"]
)
async def test_an_unreadable_answer_hides_a_filing(partner: Any, kind: str) -> None:
    answer = await hit(partner, kind)
    assert answer.status_code == 200
    with pytest.raises(XmlRefused):
        read_xml(answer.content)
    assert await filed(partner) == 1


@pytest.mark.parametrize(
    "kind", ["wrong-namespace", "repeated-field", "missing-reference", "partial-lot"]
)
async def test_an_answer_against_the_schema_hides_a_filing(partner: Any, kind: str) -> None:
    answer = await hit(partner, kind)
    assert answer.status_code == 200
    element = etree.fromstring(answer.content)[0][0]
    assert not schema("teledeclaration.xsd").validate(element)
    assert await filed(partner) == 1


async def test_an_empty_soap_body_hides_a_filing(partner: Any) -> None:
    answer = await hit(partner, "empty-body")
    assert len(etree.fromstring(answer.content)[0]) == 0
    assert await filed(partner) == 1


async def test_the_status_query_may_fail_too(partner: Any) -> None:
    await partner.deposit()
    await partner.fault("html-502", operation="ConsulterStatut", control_number="JON260302001")
    asked = "<ConsulterStatut><numeroControle>JON260302001</numeroControle></ConsulterStatut>"
    assert (await partner.post(partner.envelope(asked))).status_code == 502
    assert (await partner.query()).findtext(f"{T}statut") == "DEPOSE"
