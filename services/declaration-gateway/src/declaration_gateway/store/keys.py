"""Idempotency keys: one row a key and tenant, written in the transaction of what it did."""

from datetime import datetime

from chassis.db import Tx
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from declaration_gateway.store.intake import BRIEF_WAIT, in_progress
from declaration_gateway.store.tables import idempotency


async def add(tx: Tx, tenant: str, key: bytes, fingerprint: bytes, receipt: str) -> bool:
    """False if the key has been used; waits briefly for a transaction that is using it."""
    await tx.execute(BRIEF_WAIT)
    fresh = (
        insert(idempotency)
        .values(tenant=tenant, key=key, fingerprint=fingerprint, receipt=receipt)
        .on_conflict_do_nothing()
        .returning(idempotency.c.key)
    )
    try:
        return (await tx.execute(fresh)).first() is not None
    except DBAPIError as failed:
        raise in_progress(failed) from None


async def find(tx: Tx, tenant: str, key: bytes) -> tuple[bytes, str] | None:
    """Fingerprint of the request and the receipt that it got."""
    of_key = select(idempotency.c.fingerprint, idempotency.c.receipt).where(
        idempotency.c.tenant == tenant, idempotency.c.key == key
    )
    row = (await tx.execute(of_key)).first()
    return None if row is None else (row.fingerprint, row.receipt)


async def drop_older(tx: Tx, than: datetime, *, limit: int) -> int:
    old = select(idempotency.c.tenant, idempotency.c.key).where(idempotency.c.recorded_at < than)
    some = old.limit(limit).with_for_update(skip_locked=True).cte("some")
    dropped = await tx.execute(
        delete(idempotency).where(
            idempotency.c.tenant == some.c.tenant, idempotency.c.key == some.c.key
        )
    )
    return dropped.rowcount
