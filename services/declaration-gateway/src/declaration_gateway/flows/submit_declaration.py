"""Reaction: stores a new declaration with its key, and tells of it, in one statement.

`submitted` comes sealed from `seal_declaration`. Where the key or the days are taken nothing is
stored, and `recognise_repeat` finds out what has come again.
"""

from chassis import outbox, trace
from chassis.db import Tx
from chassis.errors import FieldError
from contracts.events import DeclarationSubmitted

from declaration_gateway.domain.receipt import Receipt, Warned
from declaration_gateway.store import intake


async def submit_declaration(
    tx: Tx,
    submitted: DeclarationSubmitted,
    *,
    tenant: str,
    client: str,
    key: bytes,
    fingerprint: bytes,
    warnings: list[FieldError],
) -> Receipt | None:
    """None if the key has been used, or if a live declaration shares a day with this one."""
    at, declaration_id = submitted.declared_at, submitted.declaration_id
    receipt = Receipt(
        declaration_id=declaration_id,
        revision=1,
        status="declared",
        warnings=tuple(Warned(field=each.field, code=each.code) for each in warnings),
    )
    arriving = intake.Arriving(
        tenant=tenant,
        key=key,
        fingerprint=fingerprint,
        receipt=receipt.model_dump_json(),
        declaration_id=declaration_id,
        siret=submitted.siret.value,
        person_ref=submitted.person_ref,
        contract=submitted.contract or "",
        risk=submitted.risk,
        first_day=submitted.period.first,
        last_day=submitted.period.last,
        content=submitted.model_dump_json(exclude_none=True),
        client=client,
        declared_at=at,
    )
    with trace.span("store", declaration=declaration_id, revision=1):
        event = outbox.parameters(submitted, stream=declaration_id, tenant=tenant, at=at)
        return receipt if await intake.add(tx, arriving, event) else None
