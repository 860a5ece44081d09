"""What waits among the held events, looked at now and then: counted, and told if it waits long."""

from prometheus_client import Gauge

from chassis import held
from chassis.db import Tx
from chassis.incidents import Incidents

EARLY_FOR_SECONDS = 60.0

HELD = Gauge("jonction_held_events", "Events that wait for an operator", ["service", "reason"])


async def watch_held(tx: Tx, incidents: Incidents, service: str) -> None:
    """An early event is normal for a moment; after a minute its predecessor is missing."""
    for reason, count in (await held.count(tx)).items():
        HELD.labels(service, reason).set(count)
    for topic, stream in await held.overdue(tx, EARLY_FOR_SECONDS):
        await incidents.open(tx, "event-early", held.stream_key(topic, stream), {"topic": topic})
