"""The hold on all deposits after a restore, and which submissions are to be asked about first.

One row while it lasts: since when (business time), and up to where in the log the declarations of
the lost time stand. What was told of submissions that the restored database does not know waits in
`told` until their declaration has been read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis import leases
from chassis.db import Tx
from contracts.events import BY_TYPE
from contracts.events import Submission as SubmissionNews
from sqlalchemy.dialects.postgresql import insert

from cpam_adapter.domain.remembering import remembered
from cpam_adapter.domain.submission import State
from cpam_adapter.store import proofs
from cpam_adapter.store.claims import first_of_declaration
from cpam_adapter.store.submissions import COLUMNS, Submission, read
from cpam_adapter.store.tables import deposit_hold, told
from cpam_adapter.store.tables import submission as table

_TOLD = {name: model for name, model in BY_TYPE.items() if issubclass(model, SubmissionNews)}

_UNREAD = sa.text(
    """
    select 1 from deposit_hold as hold
    cross join jsonb_to_recordset(hold.read_until)
        as ends (topic text, partition smallint, "end" bigint)
    left join consumer_position as position using (topic, partition)
    where coalesce(position.next_offset, 0) < ends."end"
    limit 1
    """
)
_UNANSWERED = sa.text(
    """
    select 1 from deposit_hold as hold, submission
    where state = 'UNKNOWN' and not exists (
        select from evidence
        where evidence.submission_id = submission.id and evidence.at >= hold.since
          and evidence.kind in ('query-found', 'query-not-found')
    )
    limit 1
    """
)


async def begin(tx: Tx, since: datetime, ends: Mapping[tuple[str, int], int]) -> None:
    """From now on nothing is deposited. What waits to be sent may have been sent already."""
    until = [{"topic": t, "partition": p, "end": end} for (t, p), end in ends.items()]
    row = insert(deposit_hold).values(since=since, read_until=until)
    fresh = {"since": row.excluded.since, "read_until": row.excluded.read_until}
    await tx.execute(row.on_conflict_do_update(index_elements=["one"], set_=fresh))
    waiting = sa.update(table).where(table.c.state == State.READY)
    # An attempt of which nothing is known: an answer to it is no stranger's.
    await tx.execute(waiting.values(ask_first=True, attempt=sa.func.greatest(table.c.attempt, 1)))


async def is_on(tx: Tx) -> bool:
    return (await tx.execute(sa.select(deposit_hold.c.one))).first() is not None


async def is_unread(tx: Tx) -> bool:
    """Some declaration of the lost time is still to be read again, and may have been filed."""
    return (await tx.execute(_UNREAD)).first() is not None


async def end(tx: Tx) -> bool:
    """False if there was none. Only when the lost time is read: what it remembered is forgotten."""
    ended = await tx.execute(sa.delete(deposit_hold))
    await tx.execute(sa.delete(told))
    return ended.rowcount == 1


async def is_over(tx: Tx) -> bool:
    """All declarations of the lost time have been read, and all that is open was asked about."""
    if await count_unasked(tx) or not await is_on(tx) or await is_unread(tx):
        return False
    return (await tx.execute(_UNANSWERED)).first() is None


def _unasked() -> sa.ColumnElement[bool]:
    return sa.and_(table.c.ask_first, table.c.state == State.READY, first_of_declaration())


async def lock_unasked(tx: Tx, *, limit: int) -> Sequence[Submission]:
    query = sa.select(*COLUMNS).where(_unasked()).order_by(table.c.prepared_at)
    found = await tx.execute(query.limit(limit).with_for_update(skip_locked=True))
    return [read(row) for row in found]


async def count_unasked(tx: Tx) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(_unasked())
    return (await tx.execute(query)).scalar_one()


async def count_to_do(tx: Tx) -> int:
    return await count_unasked(tx) or int(await is_over(tx))


async def remember(tx: Tx, told_of: SubmissionNews, version: int) -> None:
    """Until the declaration that it is about has been read again."""
    row = {
        "submission_id": told_of.submission_id,
        "version": version,
        "type": told_of.type,
        "data": told_of.model_dump(mode="json"),
    }
    await tx.execute(insert(told).values(**row).on_conflict_do_nothing())


async def list_told(tx: Tx, submission_id: UUID) -> list[SubmissionNews]:
    """What was told about a submission that was not known here, in order."""
    query = sa.select(told.c.type, told.c.data).where(told.c.submission_id == submission_id)
    found = await tx.execute(query.order_by(told.c.version))
    return [_TOLD[row.type].model_validate(row.data) for row in found]


async def recall(tx: Tx, submission: Submission, fact: SubmissionNews, at: datetime) -> Submission:
    """The submission as the fact once moved it; the table of states was obeyed at that time."""
    values = remembered(submission.state, fact)
    if not values:
        return submission
    values["attempt"] = max(submission.attempt, 1)
    changed = sa.update(table).where(table.c.id == submission.id)
    idle = {"ask_first": False, "next_action_at": None, "retry_at": None}
    await tx.execute(changed.values({**leases.RELEASED, **idle, **values}))
    await proofs.add_evidence(tx, submission, "recalled", at, detail=fact.type)
    return replace(submission, **values)
