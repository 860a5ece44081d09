"""Letters at rest: queued with their alert, leased to be sent, recorded addressee by addressee.

Leases and retries run on real time.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from chassis import leases, trace
from chassis.db import Tx, after_commit
from chassis.leases import Lease
from contracts.topics import NOTIFIER
from prometheus_client import Counter, Gauge
from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from notifier.domain.letter import (
    Answer,
    Letter,
    LetterKind,
    LetterState,
    Parcel,
    Reply,
    state_after,
)
from notifier.store.tables import addressee, mail

QUEUED = Gauge("jonction_notifier_mails_queued", "Mails that wait to be sent", ["service"])
MAILS = Counter("jonction_mails_total", "Attempts to send a mail by its state after it", ["state"])
_UNANSWERED = ("waiting", "later")


@dataclass(frozen=True, slots=True)
class Copy:
    """A letter as the API shows it. `waiting` addressees have neither taken nor refused it yet."""

    alert_id: UUID
    message_id: str
    kind: LetterKind
    state: LetterState
    written_at: dt.datetime
    sent_at: dt.datetime | None
    attempts: int
    accepted: int
    refused: int
    waiting: int


async def queue(tx: Tx, alert: UUID, letter: Letter, written_at: dt.datetime) -> None:
    """A letter to nobody is kept as refused: the console shows that no one was told."""
    mail_id = uuid5(alert, letter.kind)
    row = {
        "mail_id": mail_id,
        "alert_id": alert,
        "kind": letter.kind,
        "state": "queued" if letter.recipients else "refused",
        "message_id": letter.message_id,
        "answers_to": letter.answers_to,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "written_at": written_at,
        "traceparent": trace.current.get(),
    }
    await tx.execute(insert(mail).values(row))
    await add_addressees(tx, mail_id, letter.recipients)


async def add_addressees(tx: Tx, mail_id: UUID, addresses: Iterable[str]) -> int:
    """How many are new to this letter."""
    rows = [{"mail_id": mail_id, "address": address} for address in sorted(set(addresses))]
    if not rows:
        return 0
    statement = insert(addressee).on_conflict_do_nothing().returning(addressee.c.address)
    return len((await tx.execute(statement, rows)).all())


async def lease(tx: Tx, taken: Lease, *, limit: int) -> list[Parcel]:
    """Oldest first. The end of an alert waits until its start has been sent or refused."""
    start = mail.alias("start")
    start_is_queued = exists().where(
        start.c.alert_id == mail.c.alert_id, start.c.kind == "start", start.c.state == "queued"
    )
    due = (
        select(mail.c.mail_id)
        .where(
            mail.c.state == "queued",
            or_(mail.c.try_after.is_(None), mail.c.try_after <= leases.real_now()),
            leases.free(mail),
            or_(mail.c.kind == "start", ~start_is_queued),
        )
        .order_by(mail.c.written_at, mail.c.mail_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = await tx.execute(
        update(mail)
        .where(mail.c.mail_id.in_(due.scalar_subquery()))
        .values(**leases.values(taken), attempts=mail.c.attempts + 1)
        .returning(mail)
    )
    rows = sorted(leased, key=lambda row: (row.written_at, row.mail_id))
    waiting = await _waiting(tx, [row.mail_id for row in rows])
    return [_parcel(row, waiting.get(row.mail_id, ())) for row in rows]


async def record(
    tx: Tx, parcel: Parcel, lease: Lease, answers: dict[str, Answer], *, sent_at: dt.datetime
) -> LetterState | None:
    """The letter's new state; None when the lease was lost and somebody else sees to it."""
    ours = and_(mail.c.mail_id == parcel.mail_id, leases.mine(mail, lease))
    held = await tx.execute(select(mail.c.mail_id).where(ours).with_for_update())
    if held.one_or_none() is None:
        return None
    for address, answer in sorted(answers.items()):
        await tx.execute(
            update(addressee)
            .where(addressee.c.mail_id == parcel.mail_id, addressee.c.address == address)
            .values(state=answer.reply, code=answer.code, reply=answer.text)
        )
    state = state_after(await _replies(tx, parcel.mail_id))
    await tx.execute(
        update(mail)
        .where(ours)
        .values(
            state=state,
            sent_at=sent_at if state == "sent" else None,
            try_after=_next_try(parcel.attempt),
            **leases.RELEASED,
        )
    )
    after_commit(tx, MAILS.labels(state).inc)
    return state


async def tell_instead(tx: Tx, mail_id: UUID, addresses: Iterable[str]) -> bool:
    """Queues a letter that everybody refused again, for others; False when they have had it too."""
    if not await add_addressees(tx, mail_id, addresses):
        return False
    done = await tx.execute(
        update(mail)
        .where(mail.c.mail_id == mail_id, mail.c.state == "refused")
        .values(state="queued", try_after=None)
    )
    return done.rowcount == 1


async def put_back(tx: Tx, lease: Lease, *, begun: Parcel | None) -> None:
    """Ends the lease of what it still holds: `begun` was tried, the rest was not handed over."""
    if begun is not None:
        await tx.execute(
            update(mail)
            .where(mail.c.mail_id == begun.mail_id, leases.mine(mail, lease))
            .values(try_after=_next_try(begun.attempt), **leases.RELEASED)
        )
    await tx.execute(
        update(mail)
        .where(leases.mine(mail, lease))
        .values(attempts=mail.c.attempts - 1, **leases.RELEASED)
    )


async def count_queued(tx: Tx) -> int:
    query = select(func.count()).select_from(mail).where(mail.c.state == "queued")
    return (await tx.execute(query)).scalar_one()


async def queue_length(tx: Tx) -> dict[tuple[str, ...], float]:
    return {(NOTIFIER,): await count_queued(tx)}


async def list_of(tx: Tx, alerts: Iterable[UUID]) -> dict[UUID, list[Copy]]:
    """By alert, start before end."""
    counts = [
        func.count(addressee.c.address).filter(addressee.c.state.in_(states)).label(name)
        for name, states in (
            ("accepted", ("accepted",)),
            ("refused", ("refused",)),
            ("waiting", _UNANSWERED),
        )
    ]
    query = (
        select(mail, *counts)
        .outerjoin(addressee, addressee.c.mail_id == mail.c.mail_id)
        .where(mail.c.alert_id.in_(list(alerts)))
        .group_by(mail.c.mail_id)
        .order_by(mail.c.kind.desc())
    )
    copies: dict[UUID, list[Copy]] = {}
    for row in await tx.execute(query):
        copies.setdefault(row.alert_id, []).append(_copy(row))
    return copies


async def _waiting(tx: Tx, mails: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    query = (
        select(addressee.c.mail_id, func.array_agg(addressee.c.address))
        .where(addressee.c.mail_id.in_(mails), addressee.c.state.in_(_UNANSWERED))
        .group_by(addressee.c.mail_id)
    )
    return {mail_id: tuple(sorted(addresses)) for mail_id, addresses in await tx.execute(query)}


async def _replies(tx: Tx, mail_id: UUID) -> dict[str, Reply]:
    query = select(addressee.c.address, addressee.c.state).where(addressee.c.mail_id == mail_id)
    replies: dict[str, Reply] = {}
    for address, state in await tx.execute(query):
        replies[address] = "later" if state in _UNANSWERED else state
    return replies


def _next_try(attempt: int) -> dt.datetime:
    """Real time: 2 s after the first attempt, doubling up to five minutes."""
    return leases.real_now() + dt.timedelta(seconds=min(300, 2 ** min(attempt, 9)))


def _parcel(row: Row[Any], recipients: tuple[str, ...]) -> Parcel:
    return Parcel(
        mail_id=row.mail_id,
        kind=row.kind,
        message_id=row.message_id,
        answers_to=row.answers_to,
        recipients=recipients,
        subject=row.subject,
        text=row.text,
        html=row.html,
        written_at=row.written_at,
        attempt=row.attempts,
        traceparent=row.traceparent,
    )


def _copy(row: Row[Any]) -> Copy:
    return Copy(
        alert_id=row.alert_id,
        message_id=row.message_id,
        kind=row.kind,
        state=row.state,
        written_at=row.written_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        accepted=row.accepted,
        refused=row.refused,
        waiting=row.waiting,
    )
