"""Errand: gives the entries that wait no longer their positions, a batch in one transaction.

The heads of all readers stay locked until the commit: commit order is position order, so a reader
that has seen position p will never see a smaller one appear. A crash gives back the whole batch.
"""

from collections.abc import Sequence

from chassis.db import Begin
from chassis.directory import Reader
from chassis.failpoints import fp

from event_feed.domain.visibility import Visibility
from event_feed.store import entries, positions

BATCH = 500


async def place_entries(begin: Begin, readers: Sequence[Reader], visibility: Visibility) -> int:
    """How many entries were placed; 0 = all that wait still wait for something."""
    async with begin() as tx:
        if not await entries.list_placeable(tx, 1):
            return 0
        last = await positions.lock_heads(tx, [reader.id for reader in readers])
        # Asked again under the lock: another worker may have placed them meanwhile.
        ready = await entries.list_placeable(tx, BATCH)
        for reader in readers:
            covered = [
                (found.event_id, found.declaration_id)
                for found in ready
                if found.tenant in reader.tenants and visibility.sees(reader.kind, found.type)
            ]
            if covered:
                if not await positions.append(tx, reader.id, last[reader.id], covered):
                    raise RuntimeError("the head of a reader has moved under its lock")
                fp("feed.mid_batch")
        if ready:
            await entries.forget_waiting(tx, [found.number for found in ready])
        fp("feed.before_commit")
    return len(ready)
