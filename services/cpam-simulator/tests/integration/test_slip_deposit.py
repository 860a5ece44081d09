"""Payment slips: one ZIP per account, caisse and instant, honest or spoilt."""

import hashlib
import io
import zipfile
from typing import Any

import pytest
from cpam_simulator.contract.schemas import schema
from lxml import etree

B = "{www.cnamts.fr/tlsemp/IJ}"
AT = "2026-03-20T06:00:00Z"


def paid(days: int = 18, gross: str = "710.10", claim: str | None = None) -> list[dict[str, Any]]:
    period = {"from": "2026-03-05", "to": "2026-03-22", "claim": claim}
    return [
        {"nature": "IJNOR", "days": days, "unit": "39.45", "amount": gross, **period},
        {"nature": "RETCSJ", "amount": "-44.03", **period},
        {"nature": "RETCRD", "amount": "-3.55", **period},
    ]


async def deposited(partner: Any, *slips: dict[str, Any]) -> None:
    await partner.control("scripts", [partner.script(slips=list(slips))])
    await partner.deposit()
    await partner.jump(AT)


def opened(content: bytes) -> tuple[str, etree._Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        envelope, data = archive.namelist()
        assert schema("bpij-enveloppe.xsd").validate(etree.fromstring(archive.read(envelope)))
        return envelope, etree.fromstring(archive.read(data))


async def only_file(partner: Any) -> bytes:
    (listed,) = await partner.files()
    content: bytes = await partner.file(listed["name"])
    assert (listed["size"], listed["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    return content


def totals(root: etree._Element) -> list[str]:
    return [str(node.text) for node in root.iterfind(f".//{B}Cumul/{B}Montant")]


async def test_a_slip_appears_at_its_instant_with_totals_on_each_level(partner: Any) -> None:
    await partner.control("scripts", [partner.script(slips=[{"at": AT, "lines": paid()}])])
    await partner.deposit()
    assert await partner.files() == []
    assert (await partner.quiescence())["next_due"] == AT
    await partner.jump(AT)
    envelope, root = opened(await only_file(partner))
    assert envelope.startswith("E-ENTBPIJ")
    assert schema("bpij.xsd").validate(root), schema("bpij.xsd").error_log
    assert totals(root) == ["662.52", "662.52", "662.52"]
    assert root.findtext(f".//{B}JComptable") == "2026-03-20+01:00"
    assert root.findtext(f".//{B}DateDebPrest") == "2026-03-05+01:00"
    assert root.find(f".//{B}NumSin") is None


async def test_a_claim_number_is_written_where_the_line_has_one(partner: Any) -> None:
    await deposited(partner, {"at": AT, "lines": paid(claim="SIN2026001")})
    _, root = opened(await only_file(partner))
    assert root.findtext(f".//{B}NumSin") == "SIN2026001"


async def test_an_acknowledged_file_leaves_the_list_and_stays_readable(partner: Any) -> None:
    await deposited(partner, {"at": AT, "lines": paid()})
    (listed,) = await partner.files()
    for _ in range(2):
        answer = await partner.http.post(
            f"{partner.url}/bpij/{listed['name']}/accuse", auth=partner.auth
        )
        assert answer.status_code == 204
    assert await partner.files() == []
    assert await partner.file(listed["name"])


async def test_an_account_cannot_see_fetch_or_acknowledge_the_files_of_another(
    partner: Any,
) -> None:
    await deposited(partner, {"at": AT, "lines": paid()})
    (listed,) = await partner.files()
    assert await partner.files(auth=partner.other) == []
    url = f"{partner.url}/bpij/{listed['name']}"
    assert (await partner.http.get(url, auth=partner.other)).status_code == 404
    assert (await partner.http.post(f"{url}/accuse", auth=partner.other)).status_code == 404
    assert len(await partner.files()) == 1


async def test_slips_of_one_instant_account_and_caisse_share_a_file(partner: Any) -> None:
    slip = {"at": AT, "lines": paid()}
    other = partner.script(
        slips=[{"at": AT, "lines": paid(), "indus": [{"number": "I1", "amount": "147.22"}]}]
    )
    other["name"], other["match"]["nir"] = "other", "2920459350118"
    await partner.control("scripts", [partner.script(slips=[slip, slip]), other])
    await partner.deposit(
        partner.declaration("JON260302001"),
        partner.declaration("JON260302002", nir="2920459350118"),
    )
    await partner.jump(AT)
    _, root = opened(await only_file(partner))
    people = root.findall(f".//{B}Assure")
    assert [len(person.findall(f".//{B}Prestation")) for person in people] == [6, 3]
    assert [person.findtext(f"{B}Cumul/{B}Montant") for person in people] == ["1325.04", "662.52"]
    assert root.findtext(f"{B}Declarant/{B}Cumul/{B}Montant") == "1987.56"
    assert people[1].findtext(f"{B}Indu/{B}Montant") == "147.22"


async def test_another_caisse_or_instant_makes_another_file(partner: Any) -> None:
    await deposited(
        partner,
        {"at": AT, "lines": paid()},
        {"at": AT, "lines": paid(), "caisse": "921"},
        {"at": "2026-03-19T06:00:00Z", "lines": paid()},
    )
    assert len(await partner.files()) == 3


async def test_lines_without_dates_counts_or_unit_are_written_without_them(partner: Any) -> None:
    await deposited(partner, {"at": AT, "lines": [{"nature": "RPR", "amount": "-12.00"}]})
    _, root = opened(await only_file(partner))
    assert schema("bpij.xsd").validate(root)
    assert {etree.QName(node).localname for node in root.find(f".//{B}Prestation")} == {
        "CodeNature",
        "Libelle",
        "Montant",
        "IJSub",
    }


async def test_a_slip_may_come_for_nobody_who_was_declared(partner: Any) -> None:
    slip = {
        "at": AT,
        "lines": paid(),
        "siret": "90112233300015",
        "nir": "2920459350118",
        "last_name": "INCONNUE",
        "first_name": "Claude",
    }
    script = {"name": "stray", "account": "ATELIER", "slips": [slip]}
    await partner.control("scripts", [script])
    await partner.control("scripts", [script])
    await partner.jump(AT)
    _, root = opened(await only_file(partner))
    assert root.findtext(f".//{B}Nom") == "INCONNUE"


async def test_the_ledger_knows_the_true_total_of_each_file(partner: Any) -> None:
    await deposited(partner, {"at": AT, "lines": paid(), "faults": ["bad-totals:assure"]})
    (slip,) = (await partner.ledger())["slips"]
    assert (slip["total"], slip["lines"], slip["faults"], slip["scripts"]) == (
        "662.52",
        3,
        ["bad-totals:assure"],
        ["play"],
    )


@pytest.mark.parametrize("operation", ["bpij.list", "bpij.fetch", "bpij.confirm"])
async def test_the_deposit_may_answer_badly_too(partner: Any, operation: str) -> None:
    await deposited(partner, {"at": AT, "lines": paid()})
    (listed,) = await partner.files()
    await partner.fault("html-502", operation=operation)
    path = {"bpij.list": "bpij", "bpij.fetch": f"bpij/{listed['name']}"}.get(operation)
    answer = (
        await partner.http.get(f"{partner.url}/{path}", auth=partner.auth)
        if path
        else await partner.http.post(
            f"{partner.url}/bpij/{listed['name']}/accuse", auth=partner.auth
        )
    )
    assert answer.status_code == 502
    assert len(await partner.files()) == 1
