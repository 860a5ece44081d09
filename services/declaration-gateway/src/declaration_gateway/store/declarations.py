"""Declarations and their revisions: found, locked, moved on, listed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Refused
from contracts.events import Declaration
from sqlalchemy import Select, and_, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from declaration_gateway.domain.life import State
from declaration_gateway.store.intake import BRIEF_WAIT, in_progress
from declaration_gateway.store.tables import case_view, declaration, revision


@dataclass(frozen=True, slots=True)
class Standing:
    """A declaration as it stands: `said` is the data of the last event that went out about it."""

    tenant: str
    state: State
    said: Declaration


@dataclass(frozen=True, slots=True)
class Overlapping:
    declaration_id: UUID
    revision: int
    state: State
    fingerprint: bytes


async def find_overlapping(
    tx: Tx, *, tenant: str, said: Declaration, other_than: UUID
) -> Overlapping | None:
    """The live declaration of the same arrêt that shares a day with `said`, the earliest first."""
    table = declaration.c
    days = func.daterange(table.first_day, table.last_day, "[]")
    overlapping = (
        select(table.declaration_id, table.revision, table.state, table.fingerprint)
        .where(
            table.tenant == tenant,
            table.siret == said.siret.value,
            table.person_ref == said.person_ref,
            table.contract == (said.contract or ""),
            table.risk == said.risk,
            days.op("&&")(func.daterange(said.period.first, said.period.last, "[]")),
            table.state != "cancelled",
            table.declaration_id != other_than,
        )
        .order_by(table.first_day)
        .limit(1)
    )
    row = (await tx.execute(overlapping)).first()
    return None if row is None else Overlapping(*row)


async def find(tx: Tx, declaration_id: UUID) -> Standing | None:
    return await _standing(tx, declaration_id, _row_of(declaration_id))


async def lock(tx: Tx, tenant: str, declaration_id: UUID) -> Standing | None:
    """Held until the transaction ends: a second change of the same declaration waits here."""
    await tx.execute(BRIEF_WAIT)
    own = _row_of(declaration_id).where(declaration.c.tenant == tenant).with_for_update()
    try:
        return await _standing(tx, declaration_id, own)
    except DBAPIError as failed:
        raise in_progress(failed) from None


def _row_of(declaration_id: UUID) -> Select[tuple[str, State, int]]:
    return select(declaration.c.tenant, declaration.c.state, declaration.c.revision).where(
        declaration.c.declaration_id == declaration_id
    )


async def _standing(
    tx: Tx, declaration_id: UUID, row_of: Select[tuple[str, State, int]]
) -> Standing | None:
    row = (await tx.execute(row_of)).first()
    if row is None:
        return None
    # Only now: read in the statement that waited for the lock, it could be the one before.
    content_of = select(revision.c.content).where(
        revision.c.declaration_id == declaration_id, revision.c.revision == row.revision
    )
    content = (await tx.execute(content_of)).scalar_one()
    return Standing(row.tenant, row.state, Declaration.model_validate(content))


async def move(
    tx: Tx, before: Standing, after: Standing, *, client: str, at: datetime, reason: str | None
) -> bool:
    """False if the declaration no longer stands at `before`; raises Refused on an overlap."""
    said = after.said
    moved = (
        update(declaration)
        .where(
            declaration.c.declaration_id == said.declaration_id,
            declaration.c.revision == before.said.revision,
            declaration.c.state == before.state,
        )
        .values(
            state=after.state,
            revision=said.revision,
            first_day=said.period.first,
            last_day=said.period.last,
        )
    )
    try:
        async with tx.begin_nested():
            if (await tx.execute(moved)).rowcount != 1:
                return False
    except IntegrityError:
        other = await find_overlapping(
            tx, tenant=after.tenant, said=said, other_than=said.declaration_id
        )
        raise overlaps(other.declaration_id if other else None) from None
    await tx.execute(
        insert(revision).values(
            declaration_id=said.declaration_id,
            revision=said.revision,
            tenant=after.tenant,
            change=said.change,
            content=said.model_dump(mode="json"),
            reason=reason,
            client=client,
            at=at,
        )
    )
    return True


def overlaps(other: UUID | None) -> Refused:
    named = {"declaration_id": str(other) if other else "?"}
    return Refused("declaration-overlaps", field="period", params=named)


async def list_revisions(tx: Tx, declaration_id: UUID) -> list[Declaration]:
    of_declaration = (
        select(revision.c.content)
        .where(revision.c.declaration_id == declaration_id)
        .order_by(revision.c.revision)
    )
    return [Declaration.model_validate(row.content) for row in await tx.execute(of_declaration)]


@dataclass(frozen=True, slots=True)
class Listed:
    declaration_id: UUID
    siret: str
    risk: str
    first_day: date
    last_day: date
    status: State
    revision: int
    declared_at: datetime
    case_state: str | None


async def list_newest(
    tx: Tx,
    *,
    tenant: str | None,
    status: State | None,
    case_state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Listed]:
    """Newest first (identifiers grow with time); `before` is the last one already seen."""
    table = declaration.c
    wanted = [
        table.tenant == tenant if tenant else None,
        table.state == status if status else None,
        case_view.c.state == case_state if case_state else None,
        table.declaration_id < before if before else None,
    ]
    page = (
        select(
            table.declaration_id,
            table.siret,
            table.risk,
            table.first_day,
            table.last_day,
            table.state,
            table.revision,
            table.declared_at,
            case_view.c.state,
        )
        .select_from(
            declaration.outerjoin(
                case_view,
                and_(
                    case_view.c.declaration_id == table.declaration_id,
                    case_view.c.tenant == table.tenant,
                ),
            )
        )
        .where(*[condition for condition in wanted if condition is not None])
        .order_by(table.declaration_id.desc())
        .limit(limit)
    )
    return [Listed(*row) for row in await tx.execute(page)]
