"""Deposits over loopback: receipts, refusals, the ledger, and who may see what."""

import hashlib
from typing import Any

import pytest
from lxml import etree

T = "{urn:jonction:cpam:teledeclaration:v1}"


def codes(answer: etree._Element) -> list[str]:
    return [item.findtext(f"{T}refus/{T}code") or "filed" for item in answer.iterfind(f"{T}accuse")]


async def fault_code(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 500
    fault = etree.fromstring(answer.content)[0][0]
    return str(fault.findtext("faultcode")), str(fault.findtext(f"detail/{T}erreur/{T}code"))


async def test_a_deposit_is_acknowledged_with_reference_time_and_hash(partner: Any) -> None:
    answer = await partner.deposit()
    deposit = answer.find(f"{T}accuse/{T}depot")
    assert deposit.findtext(f"{T}referenceDepot").startswith("DEP-")
    assert deposit.findtext(f"{T}dateHeure") == "2026-03-02T07:00:00Z"
    assert deposit.findtext(f"{T}dejaDepose") == "false"
    sent = etree.fromstring(partner.envelope(partner.declaration()))[0][0]
    canonical = etree.tostring(sent, method="c14n", exclusive=True)
    assert deposit.findtext(f"{T}empreinte") == hashlib.sha256(canonical).hexdigest()


async def test_the_ledger_has_each_filing_with_the_hash_of_the_bytes_received(partner: Any) -> None:
    raw = partner.envelope(f"<DeposerDeclarations>{partner.declaration()}</DeposerDeclarations>")
    await partner.post(raw)
    (filing,) = (await partner.ledger())["filings"]
    assert (filing["control_number"], filing["count"], filing["revision"]) == ("JON260302001", 1, 1)
    assert filing["body_sha256"] == [hashlib.sha256(raw).hexdigest()]
    assert (await partner.ledger())["doubles"] == []


async def test_a_lot_is_acknowledged_item_by_item_in_order(partner: Any) -> None:
    answer = await partner.deposit(
        partner.declaration("JON260302001"),
        partner.declaration("JON260302002", siret="73282932000074"),
        partner.declaration("JON260302003", nir="2920459350118"),
    )
    assert codes(answer) == ["filed", "SIRET_NON_HABILITE", "filed"]
    assert len((await partner.ledger())["filings"]) == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"nir": "1851375116042"}, "NIR_INVALIDE"),
        ({"dernierJour": "2026-03-01"}, "DATES_INCOHERENTES"),
        ({"dernierJourTravaille": "2026-03-03"}, "DATES_INCOHERENTES"),
        ({"nature": "REPRISE", "numeroControleOrigine": "JON000000000"}, "DATES_INCOHERENTES"),
        ({"iban": "FR7630006000011234567890188"}, "IBAN_INVALIDE"),
        ({"nature": "PROLONGATION"}, "ORIGINE_ABSENTE"),
        ({"nature": "PROLONGATION", "numeroControleOrigine": "JON000000000"}, "ORIGINE_INCONNUE"),
    ],
)
async def test_an_item_that_cannot_be_taken_is_refused_and_not_filed(
    partner: Any, changed: dict[str, str], code: str
) -> None:
    assert codes(await partner.deposit(partner.declaration(**changed))) == [code]
    assert (await partner.ledger())["filings"] == []


async def test_a_prolongation_joins_the_arret_of_its_origin_as_second_filing(partner: Any) -> None:
    await partner.deposit()
    await partner.deposit(
        partner.declaration(
            "JON260322001",
            nature="PROLONGATION",
            numeroControleOrigine="JON260302001",
            premierJour="2026-03-23",
            dernierJour="2026-04-05",
        )
    )
    first, second = (await partner.ledger())["filings"]
    assert (first["revision"], second["revision"]) == (1, 2)
    assert first["arret"] == second["arret"]


async def test_a_request_that_breaks_the_schema_is_not_processed(partner: Any) -> None:
    answer = await partner.post_deposit(partner.declaration(siret="12"))
    assert await fault_code(answer) == ("soap:Client", "SCHEMA_NON_CONFORME")
    assert (await partner.ledger())["filings"] == []


async def test_one_number_twice_in_a_lot_breaks_the_schema(partner: Any) -> None:
    answer = await partner.post_deposit(partner.declaration(), partner.declaration())
    assert await fault_code(answer) == ("soap:Client", "SCHEMA_NON_CONFORME")


async def test_an_unknown_operation_is_not_processed(partner: Any) -> None:
    answer = await partner.post(partner.envelope("<Effacer/>"))
    assert await fault_code(answer) == ("soap:Client", "OPERATION_INCONNUE")


async def test_a_mandatory_header_that_nobody_knows_is_not_processed(partner: Any) -> None:
    raw = partner.envelope(f"<DeposerDeclarations>{partner.declaration()}</DeposerDeclarations>")
    header = b'<soap:Header><x xmlns="urn:x" soap:mustUnderstand="1"/></soap:Header><soap:Body>'
    answer = await partner.post(raw.replace(b"<soap:Body>", header))
    assert await fault_code(answer) == ("soap:Client", "ENTETE_NON_COMPRIS")


async def test_more_than_a_megabyte_is_not_processed(partner: Any) -> None:
    answer = await partner.post(partner.envelope("<Effacer>" + "x" * 1_100_000 + "</Effacer>"))
    assert await fault_code(answer) == ("soap:Client", "REQUETE_TROP_GRANDE")


@pytest.mark.parametrize("auth", [("ATELIER", "wrong"), ("NOBODY", ""), ("", "")])
async def test_without_a_right_password_nothing_is_read(
    partner: Any, auth: tuple[str, str]
) -> None:
    answer = await partner.post(b"not even xml", auth=auth)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert (await partner.http.get(f"{partner.url}/bpij", auth=auth)).status_code == 401


async def test_an_account_cannot_ask_about_the_filings_of_another(partner: Any) -> None:
    await partner.deposit()
    asked = "<ConsulterStatut><numeroControle>JON260302001</numeroControle></ConsulterStatut>"
    answer = await partner.call(asked, auth=partner.other)
    assert answer.findtext(f"{T}statut") == "INCONNU"


async def test_status_gives_reference_and_content_hash(partner: Any) -> None:
    assert (await partner.query()).findtext(f"{T}statut") == "INCONNU"
    deposit = (await partner.deposit()).find(f"{T}accuse/{T}depot")
    status = await partner.query()
    for field in ("referenceDepot", "empreinte", "dateHeure"):
        assert status.findtext(f"{T}{field}") == deposit.findtext(f"{T}{field}")
    assert status.findtext(f"{T}nombreDepots") == "1"
