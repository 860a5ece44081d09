"""What waits among the held events, looked at now and then: told if it waits long."""

from chassis import held
from chassis.db import Tx
from chassis.incidents import Incidents

EARLY_FOR_SECONDS = 60.0


async def watch_held(tx: Tx, incidents: Incidents) -> None:
    """An early event is normal for a moment; after a minute its predecessor is missing."""
    for topic, stream in await held.overdue(tx, EARLY_FOR_SECONDS):
        await incidents.open(tx, "event-early", held.stream_key(topic, stream), {"topic": topic})
