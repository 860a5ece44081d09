"""The case of a declaration as the matcher last told it, and the facts that led there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from declaration_gateway.store.tables import case_fact, case_view


@dataclass(frozen=True, slots=True)
class CaseView:
    """`amounts`: expected, received, paid_to_employee, gap; `overdue`: id to what is awaited."""

    tenant: str
    case_id: UUID
    declaration_id: UUID
    state: str
    amounts: dict[str, Any]
    overdue: dict[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseFact:
    case_id: UUID
    version: int
    tenant: str
    declaration_id: UUID
    type: str
    state: str
    detail: dict[str, Any]
    at: datetime


_VIEW_COLUMNS = [case_view.c[name] for name in CaseView.__slots__]
_FACT_COLUMNS = [case_fact.c[name] for name in CaseFact.__slots__]


async def put(tx: Tx, view: CaseView) -> None:
    """The consumer has already put a stream's facts in order: the last one written stands."""
    fresh = upsert(case_view).values(asdict(view))
    moved = {name: fresh.excluded[name] for name in ("state", "amounts", "overdue", "at")}
    await tx.execute(
        fresh.on_conflict_do_update(
            index_elements=["declaration_id"], set_=moved, where=case_view.c.tenant == view.tenant
        )
    )


async def add_fact(tx: Tx, fact: CaseFact) -> None:
    await tx.execute(insert(case_fact).values(asdict(fact)))


async def find(tx: Tx, tenant: str, declaration_id: UUID) -> CaseView | None:
    of_declaration = select(*_VIEW_COLUMNS).where(
        case_view.c.declaration_id == declaration_id, case_view.c.tenant == tenant
    )
    row = (await tx.execute(of_declaration)).first()
    return None if row is None else CaseView(*row)


async def list_facts(tx: Tx, tenant: str, declaration_id: UUID) -> Sequence[CaseFact]:
    of_declaration = (
        select(*_FACT_COLUMNS)
        .where(case_fact.c.declaration_id == declaration_id, case_fact.c.tenant == tenant)
        .order_by(case_fact.c.at, case_fact.c.version)
    )
    return [CaseFact(*row) for row in await tx.execute(of_declaration)]
