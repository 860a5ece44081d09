"""Entries as they came in, what they wait for, and which may be placed now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import Tx
from contracts.envelope import Event
from contracts.topics import DECLARATIONS
from sqlalchemy import and_, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from event_feed.store.tables import declaration, entry, statement_link, waiting


@dataclass(frozen=True, slots=True)
class Placeable:
    number: int
    event_id: UUID
    type: str
    tenant: str
    declaration_id: UUID


async def add(tx: Tx, topic: str, event: Event, declaration_id: UUID | None) -> int | None:
    """The entry's number, or None where this event is here already."""
    added = await tx.execute(
        insert(entry)
        .values(
            event_id=event.id,
            topic=topic,
            type=event.type,
            stream_id=event.stream,
            version=event.version,
            tenant=event.tenant,
            declaration_id=declaration_id,
            occurred_at=event.time,
            data=event.data,
        )
        .on_conflict_do_nothing()
        .returning(entry.c.number)
    )
    number: int | None = added.scalar_one_or_none()
    if number is not None:
        await tx.execute(insert(waiting).values(number=number, event_id=event.id))
    return number


async def know_declaration(tx: Tx, declaration_id: UUID, tenant: str, number: int) -> None:
    await tx.execute(
        insert(declaration)
        .values(declaration_id=declaration_id, tenant=tenant, first_number=number)
        .on_conflict_do_nothing()
    )


async def link_statement(tx: Tx, statement_id: UUID, declaration_id: UUID) -> None:
    await tx.execute(
        insert(statement_link)
        .values(statement_id=statement_id, declaration_id=declaration_id)
        .on_conflict_do_nothing()
    )


_belongs_to = func.coalesce(entry.c.declaration_id, statement_link.c.declaration_id)
_placeable = (
    waiting.join(entry, entry.c.event_id == waiting.c.event_id)
    .outerjoin(statement_link, statement_link.c.statement_id == entry.c.stream_id)
    .join(
        declaration,
        and_(declaration.c.declaration_id == _belongs_to, declaration.c.tenant == entry.c.tenant),
    )
)


async def list_placeable(tx: Tx, limit: int) -> list[Placeable]:
    """Entries whose declaration is known.

    In order of arrival, except that nothing comes before its declaration's first event. Within a
    stream this keeps the order of versions: version n is committed before n + 1 gets its number.
    """
    found = await tx.execute(
        select(
            waiting.c.number,
            entry.c.event_id,
            entry.c.type,
            entry.c.tenant,
            _belongs_to.label("declaration_id"),
        )
        .select_from(_placeable)
        .order_by(
            func.greatest(waiting.c.number, declaration.c.first_number),
            entry.c.topic != DECLARATIONS.name,
            waiting.c.number,
        )
        .limit(limit)
    )
    return [Placeable(*row) for row in found]


async def count_placeable(tx: Tx) -> int:
    return await tx.scalar(select(func.count()).select_from(_placeable)) or 0


async def count_waiting(tx: Tx) -> int:
    return await tx.scalar(select(func.count()).select_from(waiting)) or 0


async def forget_waiting(tx: Tx, numbers: Sequence[int]) -> int:
    gone = await tx.execute(delete(waiting).where(waiting.c.number == func.any(list(numbers))))
    return gone.rowcount


async def epoch(tx: Tx) -> int:
    return int((await tx.execute(text("select number from epoch"))).scalar_one())
