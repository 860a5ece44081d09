"""Keyed digests of what was said and of the keys it was said under.

A plain hash of a declaration would let whoever holds the table test guesses of a NIR against it;
an Idempotency-Key is whatever an HRIS puts there, a NIR included.
"""

import hashlib
from typing import Literal

from chassis.sealing import PersonRefs


def fingerprint(
    refs: PersonRefs, tenant: str, of: Literal["declaration", "change", "key"], text: bytes
) -> bytes:
    """32 bytes; no NIR's own reference can come out, since the text is digested first."""
    return bytes.fromhex(refs.person_ref(tenant, f"{of}|{hashlib.sha256(text).hexdigest()}"))
