"""Takes the one slip out of a ZIP of the partner, bounded in every direction.

Nothing is written to disk and no entry's name is used as a path. All refusals are `Refused` with a
code; the archive itself is already kept by then.
"""

import io
import stat
import zipfile
import zlib

from chassis.errors import Refused

MAX_ENTRIES = 20
MAX_ENTRY_BYTES = 32 * 1024 * 1024
MAX_TOTAL_BYTES = 48 * 1024 * 1024
MAX_RATIO = 200
"""XML of a slip packs 10 to 60 times; a bomb packs about 1000 times."""

_ENTRY_MARK = b"PK\x01\x02"
_CHUNK = 256 * 1024
_ENVELOPE = "E-ENTBPIJ"
_NESTED = (".zip", ".gz", ".7z", ".tar", ".bz2", ".xz", ".rar", ".jar")
_ENCRYPTED = 0x1


def data_file(archive: bytes) -> bytes:
    """The data file's bytes; the envelope `E-ENTBPIJ...` is passed over."""
    # Counted before the library makes an object of each: there is room for 300 000 in a file.
    if archive.count(_ENTRY_MARK) > 5 * MAX_ENTRIES:
        raise Refused("archive-too-many-entries")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = opened.infolist()
            _check_names(entries)
            _check_sizes(entries, len(archive))
            slips = [entry for entry in entries if not entry.filename.upper().startswith(_ENVELOPE)]
            if not slips:
                raise Refused("archive-without-slip")
            if len(slips) > 1:
                raise Refused("archive-several-slips")
            for entry in entries:
                # The envelope is read too: a bad checksum anywhere speaks against the whole file.
                content = _read(opened, entry)
                if entry is slips[0]:
                    found = content
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise Refused("archive-unreadable") from None


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise Refused("archive-too-many-entries")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise Refused("archive-name")
    for entry in entries:
        name = entry.filename
        if (
            "/" in name
            or "\\" in name
            or name.startswith(".")
            or ":" in name
            or not name.isprintable()
        ):
            raise Refused("archive-name")
        mode = entry.external_attr >> 16
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            raise Refused("archive-name")
        if name.lower().endswith(_NESTED):
            raise Refused("archive-nested")
        if entry.flag_bits & _ENCRYPTED:
            raise Refused("archive-encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("archive-unreadable")


def _check_sizes(entries: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    total = sum(entry.file_size for entry in entries)
    # Against the whole archive, not each entry's own claim: overlapping entries share their bytes.
    if total > MAX_RATIO * archive_bytes:
        raise Refused("archive-ratio")
    if total > MAX_TOTAL_BYTES or any(entry.file_size > MAX_ENTRY_BYTES for entry in entries):
        raise Refused("archive-too-large")


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Streamed and counted: the declared size is a claim like any other."""
    parts, size = [], 0
    with opened.open(entry) as source:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > entry.file_size or size > MAX_ENTRY_BYTES:
                raise Refused("archive-too-large")
            parts.append(chunk)
    content = b"".join(parts)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf")):
        raise Refused("archive-nested")
    return content
