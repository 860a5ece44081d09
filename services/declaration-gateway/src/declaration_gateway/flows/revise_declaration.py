"""Reaction: moves a declaration on by a prolongation, correction, return to work or cancellation.

The declaration's row is locked before it is read, so that changes of one declaration come one after
the other; the whole declaration after the change goes out as one event.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import outbox, trace
from chassis.db import Tx
from chassis.errors import Refused, Unavailable
from contracts.events import (
    Change,
    Declaration,
    DeclarationCancelled,
    DeclarationCorrected,
    DeclarationProlonged,
    ReturnDeclared,
)

from declaration_gateway.domain import coherence, life, revising
from declaration_gateway.domain.changing import Changing
from declaration_gateway.domain.facts import facts_of_change
from declaration_gateway.domain.receipt import Receipt, Warned
from declaration_gateway.domain.sealable import SealedChange
from declaration_gateway.store import declarations, keys
from declaration_gateway.store.declarations import Standing

_EVENTS: dict[Change, type[Declaration]] = {
    "prolongation": DeclarationProlonged,
    "correction": DeclarationCorrected,
    "return-to-work": ReturnDeclared,
    "cancellation": DeclarationCancelled,
}


async def revise_declaration(
    tx: Tx,
    said: Changing,
    *,
    tenant: str,
    client: str,
    key: bytes,
    fingerprint: bytes,
    declaration_id: UUID,
    expected_revision: int | None,
    sealed: SealedChange,
    at: datetime,
    today: date,
) -> Receipt:
    standing = await declarations.lock(tx, tenant, declaration_id)
    if standing is None:
        raise Refused("not-found")
    kept = await keys.find(tx, tenant, key)
    if kept is not None:
        if kept[0] != fingerprint:
            raise Refused("idempotency-key-reused", field="Idempotency-Key")
        return Receipt.model_validate_json(kept[1])
    if expected_revision not in (None, standing.said.revision):
        raise Refused("revision-changed", params={"revision": str(standing.said.revision)})
    after = _after(standing, said, sealed, at, today)
    receipt = _receipt(after, said, today)
    if not await keys.add(tx, tenant, key, fingerprint, receipt.model_dump_json()):
        raise Refused("idempotency-key-reused", field="Idempotency-Key")
    moved = await declarations.move(tx, standing, after, client=client, at=at, reason=sealed.reason)
    if not moved:
        raise Unavailable("the declaration has just moved", timedelta(seconds=1))
    with trace.span("store", declaration=declaration_id, revision=after.said.revision):
        await outbox.add(tx, after.said, stream=declaration_id, tenant=tenant, at=at)
    return receipt


def _after(
    standing: Standing,
    said: Changing,
    sealed: SealedChange,
    at: datetime,
    today: date,
) -> Standing:
    state = life.step(standing.state, said.change)
    if sealed.person_ref not in (None, standing.said.person_ref):
        raise Refused("employee-other-person", field="employee.nir")
    fields = dict(standing.said) | revising.changes(standing.said, said)
    fields |= sealed.fields | {
        "revision": standing.said.revision + 1,
        "change": said.change,
        "declared_at": at,
    }
    after = _EVENTS[said.change].model_validate(fields)
    if said.change != "cancellation":
        found = coherence.refusals(facts_of_change(after, said), today)
        if found:
            raise Refused("invalid", errors=found)
    return Standing(standing.tenant, state, after)


def _receipt(after: Standing, said: Changing, today: date) -> Receipt:
    warned = coherence.warnings(facts_of_change(after.said, said), today)
    return Receipt(
        declaration_id=after.said.declaration_id,
        revision=after.said.revision,
        status=after.state,
        warnings=tuple(Warned(field=each.field, code=each.code) for each in warned),
    )
