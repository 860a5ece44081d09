"""Alerts at rest: opened once, resolved once, listed newest first."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db import Tx
from prometheus_client import Gauge
from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from notifier.domain.alert import FACTS, Alert, Ending, Facts, Kind, State, Subject
from notifier.store.tables import alert as table

OPEN = Gauge("jonction_alerts_open", "Alerts that nothing has ended yet", ["kind"])


@dataclass(frozen=True, slots=True)
class Filter:
    """`tenant` None sees all tenants; `incidents` False hides what concerns operators only."""

    tenant: str | None = None
    incidents: bool = True
    state: State | None = None
    kind: Kind | None = None
    declaration_id: UUID | None = None


Place = tuple[dt.datetime, UUID]


async def open_(tx: Tx, alert: Alert) -> bool:
    """False when this episode is known already, or another one is open for the same cause."""
    subject = alert.subject
    row = {
        "alert_id": alert.alert_id,
        "tenant": alert.tenant,
        "kind": alert.kind,
        "cause": alert.cause,
        "case_id": subject and subject.case_id,
        "declaration_id": subject and subject.declaration_id,
        "siret": subject and subject.siret,
        "facts": FACTS.dump_python(alert.facts, mode="json"),
        "opened_at": alert.opened_at,
    }
    done = await tx.execute(insert(table).values(row).on_conflict_do_nothing())
    return done.rowcount == 1


async def refresh(tx: Tx, tenant: str, cause: UUID, facts: Facts) -> bool:
    """Newer facts about what is open already, e.g. another amount of the same gap."""
    done = await tx.execute(
        update(table)
        .where(table.c.tenant == tenant, table.c.cause == cause, table.c.resolved_at.is_(None))
        .values(facts=FACTS.dump_python(facts, mode="json"))
    )
    return done.rowcount == 1


async def resolve(tx: Tx, ending: Ending) -> Alert | None:
    """The alert as resolved; None when nothing is open for this cause."""
    row = (
        await tx.execute(
            update(table)
            .where(
                table.c.tenant == ending.tenant,
                table.c.cause == ending.cause,
                table.c.resolved_at.is_(None),
            )
            .values(resolved_at=ending.at, resolution=ending.resolution)
            .returning(table)
        )
    ).one_or_none()
    return None if row is None else _alert(row)


async def count_open(tx: Tx) -> dict[tuple[str, ...], float]:
    query = (
        select(table.c.kind, func.count())
        .where(table.c.resolved_at.is_(None))
        .group_by(table.c.kind)
    )
    return {(row[0],): row[1] for row in await tx.execute(query)}


async def find(tx: Tx, alert_id: UUID) -> Alert | None:
    row = (await tx.execute(select(table).where(table.c.alert_id == alert_id))).one_or_none()
    return None if row is None else _alert(row)


async def list_(tx: Tx, wanted: Filter, *, after: Place | None, limit: int) -> list[Alert]:
    """Newest first; `after` is the place of the last one already seen."""
    query = _filtered(select(table), wanted)
    if after is not None:
        query = query.where(tuple_(table.c.opened_at, table.c.alert_id) < after)
    query = query.order_by(table.c.opened_at.desc(), table.c.alert_id.desc()).limit(limit)
    return [_alert(row) for row in await tx.execute(query)]


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    conditions = []
    if wanted.tenant is not None:
        conditions.append(table.c.tenant == wanted.tenant)
    if not wanted.incidents:
        conditions.append(table.c.kind != "incident")
    if wanted.state is not None:
        is_open = table.c.resolved_at.is_(None)
        conditions.append(is_open if wanted.state == "open" else ~is_open)
    if wanted.kind is not None:
        conditions.append(table.c.kind == wanted.kind)
    if wanted.declaration_id is not None:
        conditions.append(table.c.declaration_id == wanted.declaration_id)
    return query.where(*conditions)


def _alert(row: Row[Any]) -> Alert:
    subject = None
    if row.case_id is not None:
        subject = Subject(row.case_id, row.declaration_id, row.siret)
    return Alert(
        alert_id=row.alert_id,
        tenant=row.tenant,
        kind=row.kind,
        cause=row.cause,
        opened_at=row.opened_at,
        facts=FACTS.validate_python(row.facts),
        subject=subject,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
    )
