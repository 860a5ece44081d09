"""Door: the clock. Entries whose wait is over get their positions."""

from datetime import timedelta
from functools import partial

from chassis.db import Database
from chassis.directory import Directory
from chassis.schedules import Schedule

from event_feed.domain.visibility import Visibility
from event_feed.flows.place_entries import place_entries
from event_feed.store import entries

PLACE_EVERY = timedelta(milliseconds=100)


def table(db: Database, directory: Directory, visibility: Visibility) -> list[Schedule]:
    async def placeable() -> int:
        async with db.begin() as tx:
            return await entries.count_placeable(tx)

    place = partial(place_entries, db.begin, directory.readers, visibility)
    return [Schedule("place-entries", PLACE_EVERY, place, backlog=placeable)]
