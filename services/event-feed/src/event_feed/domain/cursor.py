"""The reader's place in its feed, as an opaque text that only we can make.

HMAC over reader, epoch and position: a cursor of another reader, or one somebody made up, is
refused alike. `epoch` is that of our database: after a restore, positions may mean other entries.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass

from chassis.errors import Refused

_FORM = struct.Struct(">IQ")
_TAG_BYTES = 16
_VERSION = "1."


@dataclass(frozen=True, slots=True)
class Place:
    """The last position seen; 0 = nothing yet."""

    epoch: int
    position: int


def encode(key: bytes, reader: str, place: Place) -> str:
    plain = _FORM.pack(place.epoch, place.position)
    coded = base64.urlsafe_b64encode(plain + _tag(key, reader, plain)).rstrip(b"=").decode()
    return _VERSION + coded


def decode(key: bytes, reader: str, cursor: str) -> Place:
    """Raises Refused("cursor-unknown")."""
    coded = cursor.removeprefix(_VERSION)
    try:
        raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused("cursor-unknown", field="cursor") from None
    plain, tag = raw[: _FORM.size], raw[_FORM.size :]
    # Compared as text too: base64 lets the last character vary without changing the bytes.
    if not hmac.compare_digest(tag, _tag(key, reader, plain)) or len(plain) != _FORM.size:
        raise Refused("cursor-unknown", field="cursor")
    place = Place(*_FORM.unpack(plain))
    if not hmac.compare_digest(encode(key, reader, place).encode(), cursor.encode()):
        raise Refused("cursor-unknown", field="cursor")
    return place


def check(place: Place, *, epoch: int, last: int) -> None:
    """Raises Refused for a place of before a restore, or one that has not been given out yet."""
    if place.epoch != epoch:
        raise Refused("cursor-outdated", field="cursor")
    if place.position > last:
        raise Refused("cursor-ahead", field="cursor")


def _tag(key: bytes, reader: str, plain: bytes) -> bytes:
    return hmac.digest(key, b"feed-cursor\0" + reader.encode() + b"\0" + plain, "sha256")[
        :_TAG_BYTES
    ]
