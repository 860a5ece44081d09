"""Is this still the log we have been reading? Asked of the last record that was applied.

A log that was wiped, or a topic that was made anew, may have grown past our position: offsets alone
do not tell. The witness has a connection of its own and reads that one record after new ones were
fetched and before they are applied; a log that has its old record at its old place is the old log.
"""

import asyncio
from collections.abc import Iterable

from chassis import kafka
from chassis.broker import Broker
from chassis.errors import Unavailable
from chassis.positions import Place
from chassis.records import record_of

_ANSWER_SECONDS = 5.0
_SECOND_LOOK_SECONDS = 1.0


class Witness:
    def __init__(self, broker: Broker, client: str) -> None:
        self._reader = kafka.reader(broker, f"{client}-witness")
        self._watched: set[kafka.TopicPartition] = set()

    async def start(self) -> None:
        await self._reader.start()

    async def close(self) -> None:
        await kafka.close(self._reader)

    def watch(self, places: Iterable[Place]) -> None:
        """The partitions that may be asked about: naming them at once saves a round for each."""
        tps = {kafka.TopicPartition(place.topic, place.partition) for place in places}
        if tps <= self._watched:
            return
        self._watched |= tps
        self._reader.assign(list(self._watched))
        for each in self._watched:
            # Without a position the library would look for a committed one, of which there is none.
            self._reader.seek(each, 0)
            self._reader.pause(each)

    async def confirms(self, place: Place) -> bool:
        """Asks twice before it says no: right after a restart a broker may not know its own end."""
        if place.last_event_id is None:
            return True
        self.watch([place])
        tp = kafka.TopicPartition(place.topic, place.partition)
        for seconds in (_SECOND_LOOK_SECONDS, 0.0):
            found = await self._read(tp, place.next_offset - 1)
            if found is not None:
                return record_of(found).event_id == place.last_event_id
            await asyncio.sleep(seconds)
        return False

    async def _read(self, tp: kafka.TopicPartition, offset: int) -> object | None:
        """The record at exactly this offset; None where the log has none."""
        self._reader.seek(tp, offset)
        self._reader.resume(tp)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while True:
                    records = await self._reader.getmany(tp, timeout_ms=500, max_records=1)
                    if records:
                        first = records[tp][0]
                        return first if first.offset == offset else None
                    if (await self._reader.end_offsets([tp]))[tp] <= offset:
                        return None
        except kafka.OffsetOutOfRangeError:
            return None
        except kafka.AUTHORIZATION:
            raise
        except (kafka.KafkaError, TimeoutError) as away:
            raise Unavailable("kafka") from away
        finally:
            self._reader.pause(tp)
