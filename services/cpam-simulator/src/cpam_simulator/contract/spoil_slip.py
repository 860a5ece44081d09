"""A statement into the file or files that the caisse deposits, honest or spoilt in the ways asked
for.

`kinds` are slip kinds of domain.fault, `bad-totals` with its level after a colon. Several may be
combined; those on the tree come first, then those on the files, then those on the ZIP.
"""

from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from cpam_simulator.contract.schemas import BPIJ
from cpam_simulator.contract.write_slip import pack, slip_files, write_bpij
from cpam_simulator.domain.slip import Statement

_B = f"{{{BPIJ}}}"
_CENT = Decimal("0.01")
_BOMB_BYTES = 64_000_000
_LEVELS = {
    "assure": f".//{_B}Assure/{_B}Cumul/{_B}Montant",
    "declare": f".//{_B}Declare/{_B}Cumul/{_B}Montant",
    "declarant": f"{_B}Declarant/{_B}Cumul/{_B}Montant",
}


@dataclass(frozen=True, slots=True)
class Made:
    name: str
    content: bytes
    later: bytes | None = None
    """What a second fetch of the same name gives."""


def make_deposits(statement: Statement, kinds: tuple[str, ...]) -> list[Made]:
    root = write_bpij(statement)
    files = slip_files(statement, root)
    for kind in kinds:
        _spoil_tree(root, kind)
        if kind.startswith("bad-totals") or kind == "slip-other-schema":
            files = slip_files(statement, root)
    for kind in kinds:
        files = _spoil_files(files, kind, statement)
    content = pack(files)
    for kind in kinds:
        content = _spoil_zip(content, kind)
    name = f"{statement.identification}.zip"
    later = _changed(statement) if "changed-content" in kinds else None
    made = [Made(name, content, later)]
    if "same-content-twice" in kinds:
        made.append(Made(f"{statement.identification}-BIS.zip", content))
    return made


def _spoil_tree(root: etree._Element, kind: str) -> None:
    name, _, level = kind.partition(":")
    if name == "bad-totals":
        node = root.find(_LEVELS[level or "declare"])
        if node is not None and node.text is not None:
            node.text = f"{Decimal(node.text) + 1:.2f}"
    if name == "slip-other-schema":
        root.set("Nature", "BPIJ99")


def _spoil_files(files: dict[str, bytes], kind: str, statement: Statement) -> dict[str, bytes]:
    if len(files) != 2:
        return files
    envelope, data = files
    honest = files[data]
    declared = b'<!DOCTYPE BPIJ [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n<BPIJ'
    spoilt: dict[str, dict[str, bytes]] = {
        "envelope-only": {},
        "two-data-files": {data: honest, f"{statement.identification}-2.xml": honest},
        "zip-slip": {f"../../../tmp/{data}": honest},
        "nested-zip": {data.replace(".xml", ".zip"): pack(files)},
        "slip-malformed": {data: honest[: len(honest) // 2]},
        "slip-doctype": {data: honest.replace(b"<BPIJ", declared, 1)},
    }
    if kind == "zip-bomb":
        return {envelope: files[envelope], data: b"<BPIJ>" + b" " * _BOMB_BYTES}
    return {envelope: files[envelope], **spoilt[kind]} if kind in spoilt else files


def _spoil_zip(content: bytes, kind: str) -> bytes:
    if kind == "truncated-zip":
        return content[: len(content) * 2 // 3]
    if kind == "bad-crc":
        # Flips bits of the stored checksum in the local header and in the directory entry.
        spoilt = bytearray(content)
        for signature, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
            place = content.rfind(signature) + offset
            spoilt[place] ^= 0xFF
        return bytes(spoilt)
    return content


def _changed(statement: Statement) -> bytes:
    """Same name and Identification, one cent more everywhere: consistent, and another content."""
    root = write_bpij(statement)
    for path in (*_LEVELS.values(), f".//{_B}Prestation/{_B}Montant"):
        node = root.find(path)
        if node is not None and node.text is not None:
            node.text = f"{Decimal(node.text) + _CENT:.2f}"
    return pack(slip_files(statement, root))
