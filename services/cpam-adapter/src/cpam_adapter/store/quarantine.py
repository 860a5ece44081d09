"""What came from the CPAM and could not be tied to a submission: kept sealed, counted and shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import sqlalchemy as sa
from chassis.db import Tx
from chassis.incidents import Incidents
from chassis.sealing import Sealer
from contracts.topics import SUBMISSIONS
from sqlalchemy.dialects.postgresql import insert

from cpam_adapter.store.tables import quarantine as table

INCIDENT = "cpam-answer-quarantined"
_SHOWN = [column for column in table.c if column.name != "raw"]


@dataclass(frozen=True, slots=True)
class Suspect:
    tenant: str
    account: str
    source: Literal["deposit", "answers"]
    reason: str
    raw: bytes = field(repr=False)
    control_number: str | None = None
    answer_id: str | None = None


async def keep(
    tx: Tx, suspect: Suspect, *, sealer: Sealer, incidents: Incidents, at: datetime
) -> bool:
    """With one incident. False: these bytes are there already for this reason."""
    identity = uuid4()
    sealed = await sealer.seal_bytes(suspect.raw, **_place(suspect.tenant, identity))
    added = await tx.execute(
        insert(table)
        .values(
            id=identity,
            tenant=suspect.tenant,
            account=suspect.account,
            source=suspect.source,
            sha256=hashlib.sha256(suspect.raw).hexdigest(),
            reason=suspect.reason,
            control_number=suspect.control_number,
            answer_id=suspect.answer_id,
            size=len(suspect.raw),
            raw=sealed,
            at=at,
        )
        .on_conflict_do_nothing()
    )
    if added.rowcount != 1:
        return False
    detail = {"reason": suspect.reason, "account": suspect.account}
    await incidents.open(tx, INCIDENT, str(identity), detail)
    return True


async def list_(tx: Tx, *, after: UUID | None, limit: int) -> Sequence[sa.RowMapping]:
    query = sa.select(*_SHOWN).order_by(table.c.id).limit(limit)
    if after is not None:
        query = query.where(table.c.id > after)
    return (await tx.execute(query)).mappings().all()


async def find(tx: Tx, identity: UUID) -> sa.RowMapping | None:
    """All but the raw bytes."""
    found = await tx.execute(sa.select(*_SHOWN).where(table.c.id == identity))
    return found.mappings().one_or_none()


async def get_raw(tx: Tx, identity: UUID, sealer: Sealer) -> bytes:
    query = sa.select(table.c.tenant, table.c.raw).where(table.c.id == identity)
    row = (await tx.execute(query)).one()
    return await sealer.open_bytes(row.raw, **_place(row.tenant, identity))


def _place(tenant: str, identity: UUID) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "topic": SUBMISSIONS.name,
        "stream": identity,
        "field": "quarantine",
    }
