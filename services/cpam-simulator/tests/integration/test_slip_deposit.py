"""Payment slips: one ZIP per account, caisse and instant, honest or spoilt."""

import hashlib
import io
import zipfile
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cpam_simulator.contract.schemas import schema
from cpam_simulator.domain.fault import KINDS
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


@pytest.mark.parametrize(("level", "wrong"), [("declarant", 0), ("declare", 1), ("assure", 2)])
async def test_totals_may_be_wrong_on_each_level(partner: Any, level: str, wrong: int) -> None:
    await deposited(partner, {"at": AT, "lines": paid(), "faults": [f"bad-totals:{level}"]})
    _, root = opened(await only_file(partner))
    expected = ["662.52"] * 3
    expected[wrong] = "663.52"
    assert totals(root) == expected


async def test_a_rule_of_the_control_api_spoils_the_next_file(partner: Any) -> None:
    await partner.fault("bad-totals", level="declarant")
    await deposited(partner, {"at": AT, "lines": paid()})
    _, root = opened(await only_file(partner))
    assert totals(root)[0] == "663.52"


async def spoilt(partner: Any, kind: str) -> bytes:
    await deposited(partner, {"at": AT, "lines": paid(), "faults": [kind]})
    return await only_file(partner)


async def test_a_zip_may_be_cut(partner: Any) -> None:
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(await spoilt(partner, "truncated-zip")))


async def test_a_zip_may_carry_a_wrong_checksum(partner: Any) -> None:
    content = await spoilt(partner, "bad-crc")
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        pytest.raises((zipfile.BadZipFile, zlib.error)),
    ):
        archive.read(archive.namelist()[1])


async def test_a_zip_may_climb_out_of_its_folder(partner: Any) -> None:
    content = await spoilt(partner, "zip-slip")
    assert zipfile.ZipFile(io.BytesIO(content)).namelist()[1].startswith("../../../tmp/")


async def test_a_small_zip_may_unpack_to_something_huge(partner: Any) -> None:
    content = await spoilt(partner, "zip-bomb")
    assert len(content) < 200_000
    assert zipfile.ZipFile(io.BytesIO(content)).infolist()[1].file_size > 60_000_000


async def test_a_zip_may_hold_a_zip(partner: Any) -> None:
    content = await spoilt(partner, "nested-zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        opened(archive.read(archive.namelist()[1]))


async def test_a_zip_may_hold_two_data_files_or_none(partner: Any) -> None:
    content = await spoilt(partner, "two-data-files")
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 3
    await partner.control("reset", {})
    content = await spoilt(partner, "envelope-only")
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 1


@pytest.mark.parametrize("kind", ["slip-malformed", "slip-doctype", "slip-other-schema"])
async def test_the_data_file_may_break_its_schema_or_its_syntax(partner: Any, kind: str) -> None:
    content = await spoilt(partner, kind)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        data = archive.read(archive.namelist()[1])
    if kind == "slip-malformed":
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(data)
    elif kind == "slip-doctype":
        assert b"<!DOCTYPE" in data
    else:
        assert not schema("bpij.xsd").validate(etree.fromstring(data))


async def test_the_same_content_may_come_under_two_names(partner: Any) -> None:
    await deposited(partner, {"at": AT, "lines": paid(), "faults": ["same-content-twice"]})
    one, two = await partner.files()
    assert one["name"] != two["name"]
    assert one["sha256"] == two["sha256"]


async def test_the_same_name_may_come_back_with_other_content(partner: Any) -> None:
    await deposited(partner, {"at": AT, "lines": paid(), "faults": ["changed-content"]})
    (first,) = await partner.files()
    honest = await partner.file(first["name"])
    await partner.http.post(f"{partner.url}/bpij/{first['name']}/accuse", auth=partner.auth)
    (again,) = await partner.files()
    assert again["name"] == first["name"]
    assert again["sha256"] != first["sha256"]
    changed = await partner.file(first["name"])
    assert hashlib.sha256(changed).hexdigest() == again["sha256"]
    assert Decimal(totals(opened(changed)[1])[0]) - Decimal(
        totals(opened(honest)[1])[0]
    ) == Decimal("0.01")
    await partner.http.post(f"{partner.url}/bpij/{first['name']}/accuse", auth=partner.auth)
    assert await partner.files() == []


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


@pytest.mark.parametrize("kind", [kind for kind, told in KINDS.items() if told.scope == "slip"])
def test_each_kind_of_spoilt_slip_has_its_test_here(kind: str) -> None:
    assert kind in Path(__file__).read_text("utf-8")
