"""Two acts of an operator on the events: send some again, and read a new log from its beginning.

Both are safe to do twice. `replay` is for the writers of a log that was lost, `rebase` for its
readers: versions drop what they have applied already.
"""

from datetime import datetime

from sqlalchemy import text

from chassis.db import Database

_MOVE_BACK = text(
    """
    with again as (
        delete from event_archive
        where published_at >= coalesce(cast(:since as timestamptz), '-infinity')
        returning *
    )
    insert into outbox (id, topic, partition, stream_id, version, epoch, type, tenant,
                        occurred_at, traceparent, data)
    overriding system value
    select id, topic, partition, stream_id, version, epoch, type, tenant,
           occurred_at, traceparent, data
    from again
    """
)


async def replay(db: Database, since: datetime | None = None) -> int:
    """Puts archived events back into the outbox under their old ids; how many.

    `since` is real time, the instant of publication; None takes them all. One transaction: a relay
    that saw a part of them could send a later version of a stream before an earlier one.
    """
    async with db.begin() as tx:
        moved = await tx.execute(_MOVE_BACK, {"since": since})
        return moved.rowcount


async def rebase(db: Database) -> int:
    """Drops the positions in the log; how many. What each stream has had applied stays."""
    async with db.begin() as tx:
        dropped = await tx.execute(text("delete from consumer_position"))
        return dropped.rowcount
