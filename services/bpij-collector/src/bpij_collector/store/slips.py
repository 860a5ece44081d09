"""Slips as files: fetched, confirmed, decided. The bytes are written once and never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx, after_commit
from contracts.sealed import SealedField
from prometheus_client import Counter
from sqlalchemy import RowMapping, and_, func, null, select, update
from sqlalchemy.dialects.postgresql import insert

from bpij_collector.domain.slip_life import TRANSITIONS, SlipEvent, SlipState
from bpij_collector.store.tables import identification, slip

SLIPS = Counter("jonction_slips_total", "Payment slips by what became of them", ["state"])


@dataclass(frozen=True, slots=True)
class FetchedSlip:
    """What a reader needs; `attempt` counts the readings begun, this one included."""

    id: UUID
    tenant: str
    account: str
    name: str
    raw: SealedField
    attempt: int
    fetched_at: datetime


async def confirmations(tx: Tx, tenant: str, account: str) -> dict[tuple[str, str], bool]:
    """Every known (name, sha256) of the account, and whether the partner was told."""
    rows = await tx.execute(
        select(slip.c.name, slip.c.sha256, slip.c.confirmed_at, slip.c.raw.is_(None)).where(
            slip.c.tenant == tenant, slip.c.account == account
        )
    )
    # A file over our limit stays unconfirmed for ever: it is kept where it lies.
    return {(name, sha256): bool(at) or absent for name, sha256, at, absent in rows}


async def add(
    tx: Tx,
    *,
    id: UUID,
    tenant: str,
    account: str,
    name: str,
    sha256: str,
    size: int,
    raw: SealedField | None,
    at: datetime,
    reason: str | None = None,
) -> bool:
    """False when this very file is already there."""
    state: SlipState = "fetched" if reason is None else "quarantined"
    added = await tx.execute(
        insert(slip)
        .values(
            id=id,
            tenant=tenant,
            account=account,
            name=name,
            sha256=sha256,
            size=size,
            raw=raw,
            state=state,
            reason=reason,
            fetched_at=at,
            decided_at=at if reason else None,
        )
        .on_conflict_do_nothing()
    )
    if added.rowcount == 1 and state == "quarantined":
        after_commit(tx, SLIPS.labels(state).inc)
    return added.rowcount == 1


async def confirm(
    tx: Tx, *, tenant: str, account: str, name: str, sha256: str, at: datetime
) -> bool:
    told = await tx.execute(
        update(slip)
        .where(
            slip.c.tenant == tenant,
            slip.c.account == account,
            slip.c.name == name,
            slip.c.sha256 == sha256,
            slip.c.confirmed_at.is_(None),
        )
        .values(confirmed_at=at)
    )
    return told.rowcount == 1


async def count_waiting(tx: Tx) -> int:
    return await tx.scalar(select(func.count()).where(slip.c.state == "fetched")) or 0


async def take_fetched(tx: Tx) -> FetchedSlip | None:
    """The slip tried least, oldest first, its attempt counted: a bad one blocks no other."""
    oldest = (
        select(slip.c.id)
        .where(slip.c.state == "fetched")
        .order_by(slip.c.attempts, slip.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = await tx.execute(
        update(slip)
        .where(slip.c.id == oldest.scalar_subquery())
        .values(attempts=slip.c.attempts + 1)
        .returning(
            slip.c.id,
            slip.c.tenant,
            slip.c.account,
            slip.c.name,
            slip.c.raw,
            slip.c.attempts,
            slip.c.fetched_at,
        )
    )
    row = taken.one_or_none()
    return FetchedSlip(*row) if row is not None else None


async def decide(
    tx: Tx, id: UUID, event: SlipEvent, at: datetime, values: Mapping[str, Any]
) -> bool:
    """False when the slip is no longer in the state expected: somebody else was first."""
    changed = await tx.execute(
        update(slip)
        .where(slip.c.id == id, slip.c.state == "fetched")
        .values(state=TRANSITIONS["fetched", event], decided_at=at, **values)
    )
    if changed.rowcount == 1:
        after_commit(tx, SLIPS.labels(TRANSITIONS["fetched", event]).inc)
    return changed.rowcount == 1


async def claim_identification(
    tx: Tx, taken: FetchedSlip, said: str, fingerprint: str
) -> tuple[UUID, str]:
    """Slip id and fingerprint that own this Identification: ours when it was free."""
    key = {"tenant": taken.tenant, "account": taken.account, "identification": said}
    await tx.execute(
        insert(identification)
        .values(**key, slip_id=taken.id, fingerprint=fingerprint)
        .on_conflict_do_nothing()
    )
    owner = await tx.execute(
        select(identification.c.slip_id, identification.c.fingerprint).where(
            and_(*(identification.c[name] == value for name, value in key.items()))
        )
    )
    slip_id, known = owner.one()
    return slip_id, known


_SHOWN = [column for column in slip.c if column.name not in ("raw", "attempts")]


async def list_slips(
    tx: Tx, *, tenant: str | None, state: str | None, before: int | None, limit: int
) -> Sequence[RowMapping]:
    """Newest first, without their bytes."""
    query = select(*_SHOWN).order_by(slip.c.number.desc()).limit(limit)
    if tenant is not None:
        query = query.where(slip.c.tenant == tenant)
    if state is not None:
        query = query.where(slip.c.state == state)
    if before is not None:
        query = query.where(slip.c.number < before)
    return (await tx.execute(query)).mappings().all()


async def find(tx: Tx, id: UUID, *, tenant: str | None) -> RowMapping | None:
    query = select(*_SHOWN).where(slip.c.id == id)
    if tenant is not None:
        query = query.where(slip.c.tenant == tenant)
    return (await tx.execute(query)).mappings().one_or_none()


async def put_back(tx: Tx, id: UUID) -> bool:
    """An operator has a quarantined slip read again from its kept bytes."""
    changed = await tx.execute(
        update(slip)
        .where(slip.c.id == id, slip.c.state == "quarantined", slip.c.raw.is_not(None))
        .values(
            state=TRANSITIONS["quarantined", "put-back"],
            reason=null(),
            place=null(),
            decided_at=null(),
            attempts=0,
        )
    )
    return changed.rowcount == 1
