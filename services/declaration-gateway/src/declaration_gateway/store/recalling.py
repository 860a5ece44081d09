"""Declarations that a restored database has forgotten, written again from their own events."""

from chassis.db import Tx
from contracts.events import Declaration
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from declaration_gateway.domain.life import State
from declaration_gateway.store.declarations import overlaps
from declaration_gateway.store.tables import declaration, revision

FORGOTTEN = b""
"""In place of the digest of what the HRIS said, which no event carries: it equals none."""
CLIENT = "restored"
"""In place of the client that said it."""


async def recall(tx: Tx, tenant: str, said: Declaration, state: State) -> None:
    """In any order, the highest revision stands. Raises Refused on days that another declaration
    has, until that one is recalled further."""
    stands = {
        "state": state,
        "revision": said.revision,
        "first_day": said.period.first,
        "last_day": said.period.last,
    }
    identity = {
        "declaration_id": said.declaration_id,
        "tenant": tenant,
        "siret": said.siret.value,
        "person_ref": said.person_ref,
        "contract": said.contract or "",
        "risk": said.risk,
        "fingerprint": FORGOTTEN,
        "declared_at": said.declared_at,
    }
    row = insert(declaration).values(**identity, **stands)
    moved = row.on_conflict_do_update(
        index_elements=["declaration_id"],
        set_=stands,
        where=declaration.c.revision < said.revision,
    )
    try:
        async with tx.begin_nested():
            await tx.execute(moved)
    except IntegrityError:
        raise overlaps(None) from None
    if said.revision == 1:
        this = declaration.c.declaration_id == said.declaration_id
        await tx.execute(update(declaration).where(this).values(declared_at=said.declared_at))
    said_then = insert(revision).values(
        declaration_id=said.declaration_id,
        revision=said.revision,
        tenant=tenant,
        change=said.change,
        content=said.model_dump(mode="json", exclude_none=True),
        client=CLIENT,
        at=said.declared_at,
    )
    await tx.execute(said_then.on_conflict_do_nothing())
