"""Business answers as they came, sealed, and what became of each.

A row is stored before anything is concluded from it; its hash makes repeats vanish. States:
`stored` (to be applied, or waiting), `applied`, `ignored`, `conflict`, `quarantined`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx, after_commit
from prometheus_client import Counter
from sqlalchemy.dialects.postgresql import insert

from cpam_adapter.store.tables import answer as table

ANSWERS = Counter(
    "jonction_cpam_answers_total",
    "Business answers, by verdict and by what became of them",
    ["verdict", "outcome"],
)
Settled = Literal["applied", "ignored", "conflict", "quarantined"]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    id: UUID
    tenant: str
    account: str
    sha256: str
    answer_id: str | None
    raw: str = field(repr=False)
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What an answer was tied to; `content_sha256` is equal for the same words given again."""

    submission: UUID
    verdict: str
    content_sha256: str


_COLUMNS = [table.c[name] for name in StoredAnswer.__dataclass_fields__]


async def add(tx: Tx, rows: Sequence[dict[str, Any]]) -> int:
    """How many were new. A known one that comes again has to be confirmed again."""
    if not rows:
        return 0
    inserted = await tx.execute(
        insert(table).values(list(rows)).on_conflict_do_nothing().returning(table.c.id)
    )
    new = {row.id for row in inserted}
    await tx.execute(
        sa.update(table)
        .where(
            table.c.tenant == rows[0]["tenant"],
            table.c.account == rows[0]["account"],
            table.c.sha256.in_([row["sha256"] for row in rows]),
            table.c.id.not_in(new),
            table.c.answer_id.is_not(None),
        )
        .values(confirmed=False)
    )
    return len(new)


async def list_stored(tx: Tx, *, limit: int) -> Sequence[UUID]:
    """Oldest answer first: two answers of one collection are applied as they were given."""
    query = (
        sa.select(table.c.id)
        .where(table.c.state == "stored")
        .order_by(table.c.answered_at.nulls_last(), table.c.stored_at, table.c.id)
        .limit(limit)
    )
    return list((await tx.execute(query)).scalars())


async def lock_stored(tx: Tx, identity: UUID) -> StoredAnswer | None:
    """None when another process has it or is done with it."""
    query = (
        sa.select(*_COLUMNS)
        .where(table.c.id == identity, table.c.state == "stored")
        .with_for_update(skip_locked=True)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else StoredAnswer(**row._mapping)


async def settle(
    tx: Tx,
    stored: StoredAnswer,
    state: Settled,
    *,
    reason: str | None = None,
    about: About | None = None,
) -> bool:
    changed = await tx.execute(
        sa.update(table)
        .where(table.c.id == stored.id, table.c.state == "stored")
        .values(
            state=state,
            reason=reason,
            submission_id=about.submission if about else None,
            verdict=about.verdict if about else None,
            content_sha256=about.content_sha256 if about else None,
            # Without a readable identifier there is nothing to confirm.
            confirmed=stored.answer_id is None,
        )
    )
    after_commit(tx, ANSWERS.labels(about.verdict if about else "unread", state).inc)
    return changed.rowcount == 1


async def was_given_otherwise(tx: Tx, stored: StoredAnswer) -> bool:
    """Another content, which could be read, under the same identifier of this account."""
    query = sa.select(
        sa.exists().where(
            table.c.tenant == stored.tenant,
            table.c.account == stored.account,
            table.c.answer_id == stored.answer_id,
            table.c.id != stored.id,
            table.c.state.in_(["applied", "ignored", "conflict"]),
        )
    )
    return bool((await tx.execute(query)).scalar_one())


async def was_applied(tx: Tx, about: About) -> bool:
    """The same words under another identifier: a repeat."""
    query = sa.select(
        sa.exists().where(
            table.c.submission_id == about.submission,
            table.c.content_sha256 == about.content_sha256,
            table.c.state == "applied",
        )
    )
    return bool((await tx.execute(query)).scalar_one())


async def list_unconfirmed(tx: Tx, *, tenant: str, account: str, limit: int) -> Sequence[str]:
    query = (
        sa.select(table.c.answer_id)
        .where(
            table.c.tenant == tenant,
            table.c.account == account,
            table.c.state != "stored",
            ~table.c.confirmed,
            table.c.answer_id.is_not(None),
        )
        .distinct()
        .limit(limit)
    )
    return [given for given in (await tx.execute(query)).scalars() if given]


async def confirm(tx: Tx, *, tenant: str, account: str, answer_ids: Sequence[str]) -> None:
    await tx.execute(
        sa.update(table)
        .where(
            table.c.tenant == tenant,
            table.c.account == account,
            table.c.answer_id.in_(answer_ids),
            table.c.state != "stored",
        )
        .values(confirmed=True)
    )


async def count_stored(tx: Tx) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.state == "stored")
    return (await tx.execute(query)).scalar_one()


async def count_unconfirmed(tx: Tx) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(table)
        .where(table.c.state != "stored", ~table.c.confirmed)
    )
    return (await tx.execute(query)).scalar_one()


async def list_of(tx: Tx, submission: UUID) -> Sequence[sa.RowMapping]:
    query = (
        sa.select(
            table.c.answer_id,
            table.c.verdict,
            table.c.state,
            table.c.reason,
            table.c.answered_at,
            table.c.stored_at,
            table.c.sha256,
        )
        .where(table.c.submission_id == submission)
        .order_by(table.c.answered_at, table.c.id)
    )
    return (await tx.execute(query)).mappings().all()
