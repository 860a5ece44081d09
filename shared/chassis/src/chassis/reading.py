"""The group's side of reading: which partitions are ours, where each goes on, what comes next.

Nothing is taken from a partition before it was settled at the position that PostgreSQL holds;
each rebalance unsettles all of them. The offsets committed to Kafka are a hint for lag tools.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis import kafka
from chassis.broker import Broker
from chassis.errors import Unavailable
from chassis.positions import Place
from chassis.records import Record, record_of
from chassis.witness import Witness

BATCH = 500
_POLL_MILLISECONDS = 200
_HINT_EVERY_SECONDS = 1.0
_HINT_SECONDS = 2.0
_ENDS_SECONDS = 5.0

Partition = tuple[str, int]


class AnotherLog(Exception):
    """Where our last event stood there is another one, or nothing."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"{place.topic}/{place.partition}")
        self.place = place


class LogReader(kafka.ConsumerRebalanceListener):
    def __init__(
        self, broker: Broker, group: str, topics: Sequence[str], *, session_seconds: float
    ) -> None:
        self._topics = topics
        self._consumer = kafka.group_consumer(broker, group, session_seconds=session_seconds)
        self._witness = Witness(broker, group)
        self._rebalances, self._settled_after = 0, -1
        self.joined = False
        """Whether the group has given us our partitions, be they none."""
        self._put_off: dict[kafka.TopicPartition, float] = {}
        self._hinted: dict[kafka.TopicPartition, int] = {}
        self._next_hint = 0.0

    async def start(self) -> None:
        self._consumer.subscribe(list(self._topics), listener=self)
        await self._consumer.start()
        await self._witness.start()

    async def close(self, places: Mapping[Partition, Place]) -> None:
        self._next_hint = 0.0
        await self.hint(places)
        await self._witness.close()
        await kafka.close(self._consumer)

    @property
    def settled(self) -> bool:
        return self._settled_after == self._rebalances

    def unsettle(self) -> None:
        self._rebalances += 1

    def on_partitions_revoked(self, revoked: Iterable[kafka.TopicPartition]) -> None:
        self._rebalances += 1

    def on_partitions_assigned(self, assigned: Iterable[kafka.TopicPartition]) -> None:
        self._rebalances += 1
        self.joined = True
        for tp in assigned:
            # Any position will do while it rests: without one the library would look for one.
            self._consumer.seek(tp, 0)
            self._consumer.pause(tp)

    async def settle(self, places: Mapping[Partition, Place]) -> list[Place]:
        """Goes to the given places, or to the beginning; what is ours now. Raises `AnotherLog`."""
        rebalances, ours = self._rebalances, self._consumer.assignment()
        unknown = [tp for tp in ours if (tp.topic, tp.partition) not in places]
        beginnings = await self._consumer.beginning_offsets(unknown) if unknown else {}
        settled = [
            places.get((tp.topic, tp.partition)) or Place(tp.topic, tp.partition, beginnings[tp])
            for tp in sorted(ours)
        ]
        self._witness.watch(settled)
        for place in settled:
            await self.confirm(place)
        if rebalances == self._rebalances:
            for place in settled:
                self._go_on(place)
            self._put_off.clear()
            self._settled_after = rebalances
        return settled

    async def fetch(self, stop: asyncio.Event) -> dict[Partition, list[Record]]:
        """What came within a moment; nothing once the partitions are no longer settled."""
        self._resume_put_off()
        fetching = asyncio.create_task(
            self._consumer.getmany(timeout_ms=_POLL_MILLISECONDS, max_records=BATCH)
        )
        stopping = asyncio.create_task(stop.wait())
        # During a rebalance the library waits for its end, whatever the timeout.
        await asyncio.wait([fetching, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not fetching.done():
            fetching.cancel()
            return {}
        try:
            fetched: dict[Any, list[Any]] = fetching.result()
        except kafka.OffsetOutOfRangeError:
            self.unsettle()
            return {}
        if not self.settled:
            return {}
        return {(tp.topic, tp.partition): [record_of(r) for r in fetched[tp]] for tp in fetched}

    async def confirm(self, place: Place) -> None:
        if not await self._witness.confirms(place):
            raise AnotherLog(place)

    def put_off(self, place: Place, seconds: float) -> None:
        """Reads again from here, later: `getmany` has moved on, whatever became of its records."""
        tp = kafka.TopicPartition(place.topic, place.partition)
        with contextlib.suppress(kafka.IllegalStateError):
            self._consumer.seek(tp, place.next_offset)
            self._consumer.pause(tp)
            self._put_off[tp] = time.monotonic() + seconds

    async def hint(self, places: Mapping[Partition, Place]) -> None:
        if time.monotonic() < self._next_hint or not self.settled:
            return
        self._next_hint = time.monotonic() + _HINT_EVERY_SECONDS
        ours = {kafka.TopicPartition(*key): place.next_offset for key, place in places.items()}
        news = {tp: offset for tp, offset in ours.items() if self._hinted.get(tp) != offset}
        if not news:
            return
        try:
            async with asyncio.timeout(_HINT_SECONDS):
                await self._consumer.commit(news)
        except kafka.CommitFailedError:
            # The group has forgotten us: we were away too long, or it is another broker.
            self.unsettle()
        except (kafka.KafkaError, TimeoutError):
            return
        self._hinted |= news

    def partitions(self) -> dict[str, int]:
        """How many each topic has; a topic that is not there is not named. Raises for one that we
        may not see, of which the library itself would only write to its log."""
        hidden = self._consumer._client.cluster.unauthorized_topics.intersection(self._topics)
        if hidden:
            raise kafka.TopicAuthorizationFailedError(*sorted(hidden))
        found = {name: self._consumer.partitions_for_topic(name) for name in self._topics}
        return {name: len(numbers) for name, numbers in found.items() if numbers}

    async def ends(self) -> dict[Partition, int]:
        """Where each partition of our topics ends now, ours or not."""
        known = [
            kafka.TopicPartition(topic, number)
            for topic in self._topics
            for number in self._consumer.partitions_for_topic(topic) or ()
        ]
        try:
            async with asyncio.timeout(_ENDS_SECONDS):
                ends = await self._consumer.end_offsets(known)
        except TimeoutError as late:
            raise kafka.KafkaTimeoutError("no answer") from late
        return {(tp.topic, tp.partition): offset for tp, offset in ends.items()}

    async def standing(self, places: Mapping[Partition, Place]) -> dict[Partition, tuple[int, int]]:
        """Of each partition of our topics, ours or not, how far it is taken and where it ends."""
        ends = await self.ends()
        if {topic for topic, _ in ends} != set(self._topics):
            # Before the first metadata there is nothing to lag behind; that is not "no lag".
            raise Unavailable("topics are not known yet")
        taken = {key: place.next_offset for key, place in places.items()}
        return {key: (taken.get(key, 0), end) for key, end in ends.items()}

    def _go_on(self, place: Place) -> None:
        tp = kafka.TopicPartition(place.topic, place.partition)
        self._consumer.seek(tp, place.next_offset)
        self._consumer.resume(tp)

    def _resume_put_off(self) -> None:
        now = time.monotonic()
        for tp in [tp for tp, until in self._put_off.items() if until <= now]:
            del self._put_off[tp]
            with contextlib.suppress(kafka.IllegalStateError):
                self._consumer.resume(tp)
