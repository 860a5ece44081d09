"""Kafka in: reads this service's topics, applies each event once and in the order of its stream.

PostgreSQL holds the truth of what was applied; this loop decides what to do when something fails:
wait (transient), hold one event with its stream (permanent), or stop and say so (another log, too
many held).
"""

import asyncio
import time
from collections.abc import Sequence

import structlog
from contracts.topics import PARTITIONS

from chassis import kafka, positions
from chassis.applying import Applier, Subscription, Tally
from chassis.broker import Broker
from chassis.clock import Clock
from chassis.db import Database, is_transient
from chassis.errors import Unavailable
from chassis.incidents import Incidents
from chassis.patience import Patience, rest
from chassis.positions import Fenced, Place
from chassis.quiet import Reading
from chassis.reading import AnotherLog, LogReader, Partition
from chassis.records import Record
from chassis.servers import describe
from chassis.standing import Stopped, another_log, partitions_changed, too_many_held
from chassis.watching import EVENTS, FENCED, watch_held, watch_lag

__all__ = ["Consumer", "Subscription"]

log = structlog.get_logger()

MOST_HELD_IN_A_ROW = 20
DEAF_AFTER_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 5.0


class Deaf(Exception):
    """There are events for us, and nothing has come for a minute."""


class Consumer:
    def __init__(
        self,
        db: Database,
        broker: Broker,
        group: str,
        topics: Sequence[str],
        subscriptions: Sequence[Subscription],
        *,
        clock: Clock,
        session_seconds: float = 10.0,
    ) -> None:
        self._db, self._broker, self._group = db, broker, group
        self._topics, self._session_seconds = list(topics), session_seconds
        self._incidents = Incidents(group, clock)
        self.applier = Applier(db.begin, subscriptions, self._incidents)
        self._log: LogReader | None = None
        self._places: dict[Partition, Place] = {}
        self._patience: dict[Partition, Patience] = {}
        self._held_in_a_row = 0
        # None until it runs: beside an API that only answers, a consumer never does.
        self._trouble: str | None = None
        self._heard_at = time.monotonic()
        self.tally = Tally()
        """What became of all events since the start."""

    async def run(self, stop: asyncio.Event) -> None:
        kafka.silence()
        self._trouble = "starting"
        patience = Patience(0.2, 5)
        while not stop.is_set():
            try:
                await self._session(stop, patience)
            except AnotherLog as found:
                await self._stand(another_log(found.place), stop)
            except Stopped as stopped:
                await self._stand(stopped, stop)
            except Exception as trouble:  # noqa: BLE001 (no trouble may end the consumer)
                self._say(await describe(trouble, self._broker))
                await rest(stop, patience.next_seconds())

    async def lag(self) -> int:
        """Events in the log, of all partitions, that this service has not taken yet."""
        return sum(max(0, end - taken) for taken, end in (await self.standing()).values())

    async def standing(self) -> dict[Partition, tuple[int, int]]:
        """Of each partition how far it is taken, by whichever process, and where it ends."""
        if self._log is None:
            raise Unavailable("consumer is not connected")
        return await self._log.standing(await self._load())

    async def ready(self) -> str | None:
        return None if self._trouble is None else f"consumer: {self._trouble}"

    async def quiet(self) -> Reading:
        reading = Reading(activity=self.tally.total)
        try:
            reading.lag = await self.lag()
        except (Unavailable, TimeoutError, kafka.KafkaError) as away:
            reading.lag = 1
            reading.reasons.append(f"consumer: {self._trouble or type(away).__name__}")
            return reading
        if self._trouble is not None:
            reading.lag = max(reading.lag, 1)
        if reading.lag:
            reading.reasons.append(f"{reading.lag} events to take")
        return reading

    async def _session(self, stop: asyncio.Event, patience: Patience) -> None:
        reader = LogReader(
            self._broker, self._group, self._topics, session_seconds=self._session_seconds
        )
        try:
            await reader.start()
            self._log, self._heard_at = reader, time.monotonic()
            next_look = 0.0
            while not stop.is_set():
                if not reader.settled:
                    await self._settle(reader)
                for key, records in (await reader.fetch(stop)).items():
                    await self._take(reader, key, records)
                    if stop.is_set() or not reader.settled:
                        break
                await reader.hint(self._places)
                if time.monotonic() >= next_look:
                    await self._look(reader)
                    patience.reset()
                    next_look = time.monotonic() + _LOOK_EVERY_SECONDS
        finally:
            self._log = None
            await reader.close(self._places)

    async def _settle(self, reader: LogReader) -> None:
        self._count_partitions(reader)
        ours = await reader.settle(await self._load())
        self._places = {(place.topic, place.partition): place for place in ours}
        if reader.settled and reader.joined:
            # Whatever made it stop is over: if not, it stops again and says so again.
            async with self._db.begin() as tx:
                await Stopped.forget(tx, self._incidents)
            self._say(None)

    @staticmethod
    def _count_partitions(reader: LogReader) -> None:
        for topic, count in reader.partitions().items():
            if count != PARTITIONS:
                raise partitions_changed(topic, count)

    async def _take(self, reader: LogReader, key: Partition, records: list[Record]) -> None:
        here = self._places[key]
        patience = self._patience.setdefault(key, Patience())
        fresh = [record for record in records if record.offset >= here.next_offset]
        if not fresh:
            return
        try:
            await reader.confirm(here)
            await self._apply(key, fresh)
        except Fenced:
            FENCED.labels(self._group).inc()
            reader.unsettle()
        except Exception as failure:
            if not is_transient(failure):
                raise
            seconds = patience.next_seconds()
            log.warning("batch waits", error=type(failure).__name__, topic=key[0], seconds=seconds)
            reader.put_off(self._places[key], seconds)
        else:
            patience.reset()
        self._heard_at = time.monotonic()

    async def _apply(self, key: Partition, records: list[Record]) -> None:
        """Together; or, where that fails for good, one by one, so that only the culprit is held."""
        try:
            self._moved(key, *await self.applier.apply(self._places[key], records))
        except Exception as failure:
            if isinstance(failure, Fenced) or is_transient(failure):
                raise
            for record in records:
                await self._apply_alone(key, record)

    async def _apply_alone(self, key: Partition, record: Record) -> None:
        here = self._places[key]
        try:
            self._moved(key, *await self.applier.apply(here, [record], alone=True))
        except Exception as failure:
            if isinstance(failure, Fenced) or is_transient(failure):
                raise
            if self._held_in_a_row >= MOST_HELD_IN_A_ROW:
                raise too_many_held(self._group) from failure
            log.exception("event held", topic=key[0], partition=key[1], offset=record.offset)
            self._moved(key, *await self.applier.hold(here, record, failure))

    def _moved(self, key: Partition, there: Place, tally: Tally) -> None:
        self._places[key] = there
        self.tally.add(tally)
        if tally.applied:
            self._held_in_a_row = 0
        self._held_in_a_row += tally.failed + tally.unreadable
        for outcome, count in tally.counts():
            EVENTS.labels(self._group, outcome).inc(count)

    async def _look(self, reader: LogReader) -> None:
        """A consumer that lags and hears nothing is deaf: its connection is made anew."""
        self._count_partitions(reader)
        ends = await reader.ends()
        if not watch_lag(self._group, self._topics, self._places.values(), ends):
            self._heard_at = time.monotonic()
        if time.monotonic() - self._heard_at > DEAF_AFTER_SECONDS:
            raise Deaf
        async with self._db.begin() as tx:
            await watch_held(tx, self._incidents)

    async def _stand(self, stopped: Stopped, stop: asyncio.Event) -> None:
        """Reads nothing until an operator has acted; says why all the while."""
        self._say(str(stopped))
        told = False
        while not stop.is_set():
            try:
                async with self._db.begin() as tx:
                    if not told:
                        await stopped.tell(tx, self._incidents)
                    elif await stopped.is_over(tx):
                        self._held_in_a_row = 0
                        return
                told = True
            except Exception as failure:
                if not is_transient(failure):
                    raise
            await rest(stop, stopped.look_seconds)

    async def _load(self) -> dict[Partition, Place]:
        async with self._db.begin() as tx:
            return await positions.places(tx, self._topics)

    def _say(self, trouble: str | None) -> None:
        """One line when it breaks, one when it works again."""
        if trouble is not None and trouble != self._trouble:
            log.warning("consumer waits", group=self._group, error=trouble)
        elif trouble is None and self._trouble not in (None, "starting"):
            log.info("consumer works again", group=self._group)
        self._trouble = trouble
