"""Why a consumer stands still until an operator acts, and how it notices that they have.

`another-log`: `rebase` drops the positions. `too-many-held`: the held events are retried or
skipped, or the service is started again after the mistake was mended. `partitions-changed`: the
topic is made anew with the number of the registry; only Kafka tells, so a new session looks.
"""

from contracts.topics import PARTITIONS
from sqlalchemy import TextClause, text

from chassis.db import Tx
from chassis.incidents import Incidents
from chassis.positions import Place

_STILL_THERE = text(
    """
    select 1 from consumer_position
    where topic = :topic and partition = :partition and next_offset = :next_offset
      and last_event_id = :event_id
    """
)
_STILL_HELD = text(
    "select 1 from held_event where reason <> 'early' and skipped_at is null limit 1"
)
_NEVER = text("select 1 where false")
_OPEN = text(
    """
    select kind, key from incident
    where kind in ('another-log', 'too-many-held', 'partitions-changed') and closed_at is null
    """
)


class Stopped(Exception):
    """`look_seconds`: how long until it is worth a look whether the cause is gone."""

    def __init__(
        self,
        kind: str,
        key: str,
        cause: TextClause,
        values: dict[str, object],
        look_seconds: float = 1.0,
    ) -> None:
        super().__init__(f"{kind} {key}")
        self.kind, self.key, self.look_seconds = kind, key, look_seconds
        self._cause, self._values = cause, values

    async def tell(self, tx: Tx, incidents: Incidents) -> None:
        detail = {name: str(value) for name, value in self._values.items()}
        await incidents.open(tx, self.kind, self.key, detail)

    async def is_over(self, tx: Tx) -> bool:
        return (await tx.execute(self._cause, self._values)).first() is None

    @staticmethod
    async def forget(tx: Tx, incidents: Incidents) -> None:
        """Closes what an earlier stop, maybe of an earlier process, has opened."""
        for row in list(await tx.execute(_OPEN)):
            await incidents.close(tx, row.kind, row.key)


def another_log(place: Place) -> Stopped:
    values: dict[str, object] = {
        "topic": place.topic,
        "partition": place.partition,
        "next_offset": place.next_offset,
        "event_id": place.last_event_id,
    }
    return Stopped("another-log", f"{place.topic}/{place.partition}", _STILL_THERE, values)


def too_many_held(group: str) -> Stopped:
    return Stopped("too-many-held", group, _STILL_HELD, {})


def partitions_changed(topic: str, count: int) -> Stopped:
    """The key is the stream: with another number of partitions one stream lives in two of them."""
    values: dict[str, object] = {"partitions": count, "expected": PARTITIONS}
    found = f"{topic} has {count} partitions, not {PARTITIONS}"
    return Stopped("partitions-changed", found, _NEVER, values, look_seconds=15.0)
