"""Slip files as a caisse should never deposit them, each kind once."""

import hashlib
import io
import zipfile
import zlib
from decimal import Decimal
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
