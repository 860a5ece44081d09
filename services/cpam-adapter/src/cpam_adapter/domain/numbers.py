"""The control number, our key with the CPAM for ever, and the hash of what is declared.

Both derive from the declaration alone: a database that was lost and refilled finds the same number
again, so that the CPAM still recognises a deposit that it already has.
"""

import hashlib
import json
from uuid import UUID

from contracts.events import Declaration
from contracts.sealed import Bank, Pay

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = 15


def control_number(submission: UUID) -> str:
    """`J` and 15 characters of [0-9A-Z] out of a hash of the submission's id: no person in it."""
    rest = int.from_bytes(hashlib.sha256(b"control-number" + submission.bytes).digest(), "big")
    digits = []
    for _ in range(_DIGITS):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "J" + "".join(digits)


def content_sha256(declaration: Declaration, pay: Pay | None, bank: Bank | None) -> str:
    """Hex hash of the business content without numbers and instants of sending.

    The person stands in it as `person_ref`: equal content under another declaration is a double
    whatever the spelling of the name, and the hash, which travels in events, gives nobody away.
    """
    content = declaration.model_dump(
        mode="json",
        exclude={"declaration_id", "revision", "declared_at", "person", "pay", "bank", "cancelled"},
    )
    content["pay"] = pay.model_dump(mode="json") if pay else None
    content["bank"] = bank.model_dump(mode="json") if bank else None
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
