"""Seals a person's fields and makes the keyed reference by which people are matched.

AES-256-GCM under the data key; the associated data are tenant, topic, stream and field name, so
that a ciphertext moved elsewhere does not open. `person_ref` is an HMAC of the 13-character NIR
under another key, per tenant: an unkeyed hash of a NIR would be reversed in minutes.

Opening is async, so that a key service and keys per person fit later. Key files hold lines of
`KEYID HEX64`: the first seals, all open.
"""

import base64
import hashlib
import hmac
import os
from pathlib import Path
from uuid import UUID

from contracts.sealed import SealedField
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Unsealable(Exception):
    """Unknown key, altered text, or a field that was moved from its place."""


class Sealer:
    def __init__(self, keys: Path) -> None:
        self._keys = {name: AESGCM(key) for name, key in _read(keys / "data.key").items()}
        self._first = next(iter(self._keys))

    async def seal(
        self, text: str, *, tenant: str, topic: str, stream: UUID, field: str
    ) -> SealedField:
        nonce = os.urandom(_NONCE_BYTES)
        place = _place(tenant, topic, stream, field)
        sealed = nonce + self._keys[self._first].encrypt(nonce, text.encode(), place)
        return f"{self._first}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    async def open(
        self, sealed: SealedField, *, tenant: str, topic: str, stream: UUID, field: str
    ) -> str:
        name, _, coded = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
            place = _place(tenant, topic, stream, field)
            return self._keys[name].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place).decode()
        except (KeyError, ValueError, InvalidTag):
            raise Unsealable(field) from None

    async def seal_bytes(
        self, raw: bytes, *, tenant: str, topic: str, stream: UUID, field: str
    ) -> SealedField:
        """For a partner's file or envelope kept as proof."""
        text = base64.b64encode(raw).decode()
        return await self.seal(text, tenant=tenant, topic=topic, stream=stream, field=field)

    async def open_bytes(
        self, sealed: SealedField, *, tenant: str, topic: str, stream: UUID, field: str
    ) -> bytes:
        text = await self.open(sealed, tenant=tenant, topic=topic, stream=stream, field=field)
        return base64.b64decode(text)


class PersonRefs:
    """Held by the gateway and the collector only: they alone see a NIR come in."""

    def __init__(self, keys: Path) -> None:
        self._key = next(iter(_read(keys / "person.key").values()))

    def person_ref(self, tenant: str, nir: str) -> str:
        """64 hex characters; `nir` is the 13-character form without key."""
        return hmac.new(self._key, f"{tenant}\0{nir}".encode(), hashlib.sha256).hexdigest()


def _place(tenant: str, topic: str, stream: UUID, field: str) -> bytes:
    return "\0".join((tenant, topic, str(stream), field)).encode()


def _read(path: Path) -> dict[str, bytes]:
    keys = {}
    for line in path.read_text("ascii").split("\n"):
        if line.strip():
            name, _, coded = line.strip().partition(" ")
            keys[name] = bytes.fromhex(coded)
    if not keys or any(len(key) != 32 for key in keys.values()):
        raise ValueError(f"{path.name}: lines of KEYID and 64 hex characters expected")
    return keys
