"""A log read from given places to its end, without a group: what an operator's command does.

Raises `Unavailable` where Kafka gives no answer, `WrongSetting` where it refuses us a topic.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from contracts.topics import PARTITIONS

from chassis import kafka
from chassis.broker import Broker
from chassis.errors import Unavailable, WrongSetting
from chassis.positions import Place
from chassis.reading import Partition
from chassis.records import Record, record_of
from chassis.witness import Witness

_BATCH = 500
_FETCH_BYTES = 1_000_000
_ANSWER_SECONDS = 30.0


class Log:
    """All partitions of the topics, read without a group from where they are told to."""

    def __init__(self, broker: Broker, service: str, topics: Sequence[str]) -> None:
        self._places = [(topic, number) for topic in topics for number in range(PARTITIONS)]
        self._tps = {key: kafka.TopicPartition(*key) for key in self._places}
        self._user = broker.user
        self._reader = kafka.reader(broker, f"{service}-restored", fetch_bytes=_FETCH_BYTES)
        self._witness = Witness(broker, f"{service}-restored")

    async def __aenter__(self) -> "Log":
        kafka.silence()
        try:
            with self._asked():
                await self._reader.start()
                await self._witness.start()
        except (Unavailable, WrongSetting):
            await self.__aexit__()
            raise
        self._reader.assign(list(self._tps.values()))
        for tp in self._tps.values():
            self._reader.seek(tp, 0)
            self._reader.pause(tp)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._witness.close()
        await kafka.close(self._reader)

    async def ends(self) -> dict[Partition, int]:
        with self._asked():
            found = await self._reader.end_offsets(list(self._tps.values()))
        return {key: found[tp] for key, tp in self._tps.items()}

    async def confirms(self, place: Place) -> bool:
        with self._asked():
            return await self._witness.confirms(place)

    async def read(self, key: Partition, start: int, end: int) -> AsyncIterator[list[Record]]:
        tp = self._tps[key]
        self._reader.seek(tp, start)
        self._reader.resume(tp)
        try:
            while await self._reader.position(tp) < end:
                yield await self._some(tp)
        finally:
            self._reader.pause(tp)

    async def _some(self, tp: kafka.TopicPartition) -> list[Record]:
        with self._asked():
            async with asyncio.timeout(_ANSWER_SECONDS):
                while True:
                    found = await self._reader.getmany(tp, timeout_ms=500, max_records=_BATCH)
                    if found:
                        return [record_of(each) for each in found[tp]]

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except kafka.AUTHORIZATION as refused:
            topics = ", ".join(map(str, refused.args))
            raise WrongSetting(f"Kafka does not let user {self._user} read {topics}") from refused
        except (kafka.KafkaError, TimeoutError) as away:
            raise Unavailable("kafka") from away
