"""Reaction: stores a new declaration, once for each key and once for each arrêt, and tells of it.

`submitted` comes sealed from `seal_declaration`. A repeated key gets its first receipt back; a new
key with the same content gets the declaration that is there; other overlapping days are refused.
"""

from datetime import timedelta

from chassis import outbox
from chassis.db import Tx
from chassis.errors import FieldError, Refused, Unavailable
from contracts.events import DeclarationSubmitted

from declaration_gateway.domain.receipt import Receipt, Warned
from declaration_gateway.store import declarations, intake, keys


async def submit_declaration(
    tx: Tx,
    submitted: DeclarationSubmitted,
    *,
    tenant: str,
    client: str,
    key: bytes,
    fingerprint: bytes,
    warnings: list[FieldError],
) -> Receipt:
    receipt = Receipt(
        declaration_id=submitted.declaration_id,
        revision=1,
        status="declared",
        warnings=tuple(Warned(field=each.field, code=each.code) for each in warnings),
    )
    taken = await intake.add(
        tx,
        intake.Arriving(
            tenant=tenant,
            key=key,
            fingerprint=fingerprint,
            receipt=receipt.model_dump_json(),
            declaration_id=submitted.declaration_id,
            siret=submitted.siret.value,
            person_ref=submitted.person_ref,
            contract=submitted.contract or "",
            risk=submitted.risk,
            first_day=submitted.period.first,
            last_day=submitted.period.last,
            content=submitted.model_dump_json(exclude_none=True),
            client=client,
            declared_at=submitted.declared_at,
        ),
        outbox.parameters(
            submitted,
            stream=submitted.declaration_id,
            tenant=tenant,
            at=submitted.declared_at,
        ),
    )
    if not taken.key:
        return await _told_before(tx, tenant, key, fingerprint)
    if not taken.arret:
        return await _there_already(tx, tenant, key, fingerprint, submitted)
    return receipt


async def _told_before(tx: Tx, tenant: str, key: bytes, fingerprint: bytes) -> Receipt:
    kept = await keys.find(tx, tenant, key)
    if kept is None:
        raise Unavailable("the request that held this key was undone", timedelta(seconds=1))
    if kept[0] != fingerprint:
        raise Refused("idempotency-key-reused", field="Idempotency-Key")
    return Receipt.model_validate_json(kept[1])


async def _there_already(
    tx: Tx, tenant: str, key: bytes, fingerprint: bytes, submitted: DeclarationSubmitted
) -> Receipt:
    other = await declarations.find_overlapping(
        tx, tenant=tenant, said=submitted, other_than=submitted.declaration_id
    )
    if other is None:
        raise Unavailable("the overlapping declaration has just moved", timedelta(seconds=1))
    if other.fingerprint != fingerprint:
        raise declarations.overlaps(other.declaration_id)
    receipt = Receipt(
        declaration_id=other.declaration_id,
        revision=other.revision,
        status=other.state,
        duplicate=True,
    )
    await keys.change_receipt(tx, tenant, key, receipt.model_dump_json())
    return receipt
