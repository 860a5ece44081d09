"""Reaction: says what a declaration that could not be stored is a repeat of.

A repeated key gets its first receipt back; a new key with the same content gets the declaration
that is there, and keeps that answer; other overlapping days are refused.
"""

from datetime import timedelta

from chassis.db import Tx
from chassis.errors import Refused, Unavailable
from contracts.events import DeclarationSubmitted

from declaration_gateway.domain.receipt import Receipt
from declaration_gateway.store import declarations, keys

SOON = timedelta(seconds=1)


async def recognise_repeat(
    tx: Tx, submitted: DeclarationSubmitted, *, tenant: str, key: bytes, fingerprint: bytes
) -> Receipt:
    kept = await keys.find(tx, tenant, key)
    if kept is not None:
        if kept[0] != fingerprint:
            raise Refused("idempotency-key-reused", field="Idempotency-Key")
        return Receipt.model_validate_json(kept[1])
    other = await declarations.find_overlapping(
        tx, tenant=tenant, said=submitted, other_than=submitted.declaration_id
    )
    if other is None:
        raise Unavailable("what stood in the way has just gone", SOON)
    if other.fingerprint != fingerprint:
        raise declarations.overlaps(other.declaration_id)
    receipt = Receipt(
        declaration_id=other.declaration_id,
        revision=other.revision,
        status=other.state,
        duplicate=True,
    )
    if not await keys.add(tx, tenant, key, fingerprint, receipt.model_dump_json()):
        raise Unavailable("the same request has just been answered", SOON)
    return receipt
