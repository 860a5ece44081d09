"""B5: what is not one slip in one honest ZIP is refused, with bounded work."""

import io
import random
import struct
import time
import zipfile
from typing import Any

import pytest
from bpij_collector.partner import archive
from bpij_collector.partner.archive import data_file
from chassis.errors import Refused


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return packed.getvalue()


def code_of(raw: bytes) -> str:
    with pytest.raises(Refused) as refused:
        data_file(raw)
    return refused.value.code


def test_envelope_is_passed_over(make: Any) -> None:
    assert data_file(make.pack(b"<BPIJ/>")) == b"<BPIJ/>"


def test_truncated_archive_is_refused(make: Any) -> None:
    whole = make.pack(make.render())
    assert {code_of(whole[:size]) for size in range(0, len(whole), 61)} == {"archive-unreadable"}


def test_wrong_checksum_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("BPIJ.xml", b"<BPIJ>12</BPIJ>")
    assert code_of(packed.getvalue().replace(b">12<", b">13<")) == "archive-unreadable"


def test_wrong_checksum_of_the_envelope_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("E-ENTBPIJ1.xml", b"<Enveloppe>12</Enveloppe>")
        opened.writestr("BPIJ.xml", b"<BPIJ/>")
    assert code_of(packed.getvalue().replace(b">12<", b">13<")) == "archive-unreadable"


@pytest.mark.parametrize("name", ["inner.zip", "INNER.ZIP", "slip.xml.gz"])
def test_nested_archive_is_refused_by_its_name(name: str) -> None:
    assert code_of(zipped((name, zipped(("a.xml", b"<a/>"))))) == "archive-nested"


def test_nested_archive_is_refused_by_its_first_bytes() -> None:
    assert code_of(zipped(("slip.xml", zipped(("a.xml", b"<a/>"))))) == "archive-nested"


def test_bomb_is_refused_at_once() -> None:
    raw = zipped(("slip.xml", b"\0" * 40_000_000))
    started = time.perf_counter()
    assert code_of(raw) == "archive-ratio"
    assert time.perf_counter() - started < 0.1


def test_declared_size_over_the_limit_is_refused_unread() -> None:
    raw = bytearray(zipped(("slip.xml", random.Random(1).randbytes(200_000))))
    central = raw.rfind(b"PK\x01\x02")
    struct.pack_into("<I", raw, central + 24, archive.MAX_ENTRY_BYTES + 1)
    assert code_of(bytes(raw)) == "archive-too-large"


def test_entry_larger_than_it_declares_is_refused() -> None:
    raw = bytearray(zipped(("slip.xml", b"x" * 100_000)))
    struct.pack_into("<I", raw, raw.rfind(b"PK\x01\x02") + 24, 1000)
    struct.pack_into("<I", raw, 22, 1000)
    assert code_of(bytes(raw)) in {"archive-too-large", "archive-unreadable"}


@pytest.mark.parametrize(
    "name",
    [
        "../slip.xml",
        "/etc/slip.xml",
        "..\\slip.xml",
        "a/slip.xml",
        "C:slip.xml",
        ".slip",
        "s\rl.xml",
    ],
)
def test_name_that_climbs_or_hides_is_refused(name: str) -> None:
    assert code_of(zipped((name, b"<BPIJ/>"))) == "archive-name"


def test_symbolic_link_is_refused() -> None:
    link = zipfile.ZipInfo("slip.xml")
    link.external_attr = 0o120777 << 16
    assert code_of(zipped((link, b"/etc/passwd"))) == "archive-name"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_repeated_name_is_refused() -> None:
    assert code_of(zipped(("slip.xml", b"<a/>"), ("slip.xml", b"<b/>"))) == "archive-name"


def test_encrypted_entry_is_refused() -> None:
    raw = bytearray(zipped(("slip.xml", b"<BPIJ/>")))
    raw[6] |= 1
    raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
    assert code_of(bytes(raw)) == "archive-encrypted"


def test_too_many_entries_are_refused() -> None:
    assert (
        code_of(zipped(*((f"{n}.xml", b"<a/>") for n in range(21)))) == "archive-too-many-entries"
    )


def test_thousands_of_entries_are_refused_at_once() -> None:
    raw = zipped(*((f"{n}.xml", b"") for n in range(20_000)))
    started = time.perf_counter()
    assert code_of(raw) == "archive-too-many-entries"
    assert time.perf_counter() - started < 0.1


def test_envelope_only_is_refused() -> None:
    assert code_of(zipped(("E-ENTBPIJ1.xml", b"<Enveloppe/>"))) == "archive-without-slip"


def test_two_data_files_are_refused() -> None:
    raw = zipped(("E-ENTBPIJ1.xml", b"<E/>"), ("a.xml", b"<a/>"), ("b.xml", b"<b/>"))
    assert code_of(raw) == "archive-several-slips"


def test_what_is_no_archive_at_all_is_refused() -> None:
    assert {code_of(b""), code_of(b"<BPIJ/>"), code_of(b"PK\x03\x04")} == {"archive-unreadable"}
