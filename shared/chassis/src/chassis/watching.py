"""What a consumer shows of itself: what it has taken, how far it is behind, what waits too long."""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge

from chassis import held
from chassis.db import Tx
from chassis.incidents import Incidents
from chassis.positions import Place
from chassis.reading import Partition

EARLY_FOR_SECONDS = 60.0

EVENTS = Counter("jonction_events_consumed_total", "By what became of them", ["service", "outcome"])
LAG = Gauge("jonction_consumer_lag", "Events in the log not yet taken", ["service", "topic"])
FENCED = Counter("jonction_consumer_fenced_total", "Batches that a twin had applied", ["service"])


def watch_lag(
    service: str, topics: Iterable[str], places: Iterable[Place], ends: Mapping[Partition, int]
) -> int:
    """Events behind. Every topic is told: what another worker has taken over is none of ours."""
    behind = dict.fromkeys(topics, 0)
    for place in places:
        behind[place.topic] += max(
            0, ends.get((place.topic, place.partition), 0) - place.next_offset
        )
    for topic, count in behind.items():
        LAG.labels(service, topic).set(count)
    return sum(behind.values())


async def watch_held(tx: Tx, incidents: Incidents) -> None:
    """An early event is normal for a moment; after a minute its predecessor is missing."""
    for topic, stream in await held.overdue(tx, EARLY_FOR_SECONDS):
        await incidents.open(tx, "event-early", held.stream_key(topic, stream), {"topic": topic})
