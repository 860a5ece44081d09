"""Which submissions may be worked on now, and by whom: sending, asking, what a dead process left.

A claim takes a lease in real time; whose turn it is to be asked is business time.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from chassis import leases
from chassis.db import Tx
from chassis.leases import Lease

from cpam_adapter.domain.submission import DEFINITIVE, Fact, State, after
from cpam_adapter.store.submissions import COLUMNS, Submission, read
from cpam_adapter.store.tables import deposit_hold
from cpam_adapter.store.tables import submission as table

_OTHER = sa.alias(table)
_TURN = 0x6370616D
"""One claim after the other, of all processes: what is under way at an account is counted once."""
_TRIES = 5
_PAUSE_SECONDS = 0.01


def first_of_declaration() -> sa.ColumnElement[bool]:
    """A revision waits until the one before it is definitive."""
    return ~sa.exists().where(
        _OTHER.c.tenant == table.c.tenant,
        _OTHER.c.declaration_id == table.c.declaration_id,
        _OTHER.c.revision < table.c.revision,
        _OTHER.c.state.not_in(list(DEFINITIVE)),
    )


def _sendable() -> sa.ColumnElement[bool]:
    """After a restore nothing, until what may have been filed was asked about."""
    return sa.and_(
        table.c.state == State.READY,
        ~table.c.ask_first,
        first_of_declaration(),
        ~sa.exists().select_from(deposit_hold),
    )


async def lease_ready(
    tx: Tx, *, lease: Lease, now: datetime, limit: int, at_one_account: int
) -> Sequence[Submission]:
    """Claims what may be sent: INTENT, attempt + 1, lease in real time.

    At no account more than are under way there already leave, so that a slow one leaves the others
    their turn.
    """
    due = sa.and_(
        _sendable(), sa.or_(table.c.retry_at.is_(None), table.c.retry_at <= leases.real_now())
    )
    if not await _take_turn(tx, due):
        return []
    busy = (
        sa.select(_OTHER.c.account, sa.func.count().label("sends"))
        .where(_OTHER.c.state == State.INTENT, _OTHER.c.account.is_not(None))
        .group_by(_OTHER.c.account)
        .cte("busy")
    )
    full = sa.select(busy.c.account).where(busy.c.sends >= at_one_account)
    oldest = (
        sa.select(table.c.id, table.c.account, table.c.prepared_at)
        .where(due, table.c.account.not_in(full))
        .order_by(table.c.prepared_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("oldest")
    )
    place = sa.func.row_number().over(
        partition_by=oldest.c.account, order_by=(oldest.c.prepared_at, oldest.c.id)
    )
    free = (
        sa.select(oldest.c.id, (place + sa.func.coalesce(busy.c.sends, 0)).label("sends"))
        .outerjoin_from(oldest, busy, busy.c.account == oldest.c.account)
        .cte("free")
    )
    claim = (
        sa.update(table)
        .where(table.c.id == free.c.id, free.c.sends <= at_one_account)
        .values(
            state=after(State.READY, Fact.CLAIMED),
            attempt=table.c.attempt + 1,
            intent_at=now,
            retry_at=None,
            **leases.values(lease),
        )
        .returning(*COLUMNS)
    )
    return [read(row) for row in await tx.execute(claim)]


async def _take_turn(tx: Tx, due: sa.ColumnElement[bool]) -> bool:
    """Only for work that is there. Tried and not awaited: a claim takes milliseconds, and a process
    that is frozen in one may hold it for long."""
    turn = sa.select(sa.func.pg_try_advisory_xact_lock(_TURN)).select_from(table).where(due)
    for _ in range(_TRIES):
        taken = await tx.scalar(turn.limit(1))
        if taken is not False:
            return bool(taken)
        await asyncio.sleep(_PAUSE_SECONDS)
    return False


async def lease_to_ask(tx: Tx, *, lease: Lease, now: datetime, limit: int) -> Sequence[Submission]:
    """Claims those whose question is due, one asker each."""
    free = (
        sa.select(table.c.id)
        .where(
            table.c.next_action_at <= now,
            table.c.state != State.INTENT,
            leases.free(table),
        )
        .order_by(table.c.next_action_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    claim = (
        sa.update(table)
        .where(table.c.id == free.c.id)
        .values(**leases.values(lease))
        .returning(*COLUMNS)
    )
    return [read(row) for row in await tx.execute(claim)]


async def lease_over(tx: Tx, *, limit: int) -> Sequence[Submission]:
    query = (
        sa.select(*COLUMNS)
        .where(table.c.state == State.INTENT, leases.free(table))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [read(row) for row in await tx.execute(query)]


async def count_sendable(tx: Tx) -> int:
    """Whether free or waiting in real time."""
    query = sa.select(sa.func.count()).select_from(table).where(_sendable())
    return (await tx.execute(query)).scalar_one()


async def count_leased(tx: Tx) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.state == State.INTENT)
    return (await tx.execute(query)).scalar_one()


async def next_question(tx: Tx) -> datetime | None:
    query = sa.select(sa.func.min(table.c.next_action_at))
    earliest: datetime | None = (await tx.execute(query)).scalar_one()
    return earliest
