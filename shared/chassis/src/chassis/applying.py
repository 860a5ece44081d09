"""One transaction: the position moves, the events are applied in the order of their versions.

Lower or equal versions are duplicates, the next one is applied, a later one is held until its
predecessor has come. The consumer decides what goes into a transaction, and what a failure means.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import EventData

from chassis import held, positions, trace
from chassis.db import Begin, Tx, is_transient, savepoint
from chassis.failpoints import fp
from chassis.incidents import Incidents
from chassis.positions import HeldRef, Place, Stream
from chassis.records import Record, Unreadable

Reaction = Callable[[Tx, Event, Any], Awaitable[None]]
Ahead = Callable[[Tx, Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`reaction(tx, event, data)`: data is an instance of `model`, the transaction the door's.

    `ahead(tx, events)`: once a transaction, before its first reaction, with the events of all
    subscriptions that name it: for locks, which two workers must take in one order.
    """

    model: type[EventData]
    reaction: Reaction
    ahead: Ahead | None = None


@dataclass(slots=True)
class Tally:
    """What became of the events of one transaction."""

    applied: int = 0
    ignored: int = 0
    duplicate: int = 0
    conflicting: int = 0
    early: int = 0
    failed: int = 0
    unreadable: int = 0

    def add(self, other: "Tally") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def counts(self) -> list[tuple[str, int]]:
        return [(each.name, getattr(self, each.name)) for each in fields(self)]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts())


def judge(stream: Stream, event: Event, payload_hash: bytes) -> str:
    """`duplicate`, `conflicting`, `next` or `early`."""
    if event.version < stream.version:
        # Only the last hash is kept. A raised epoch says that the writer's past was made anew.
        return "conflicting" if event.epoch > stream.epoch else "duplicate"
    if event.version == stream.version:
        return "duplicate" if payload_hash == stream.payload_hash else "conflicting"
    if event.version in stream.held:
        return "duplicate"
    return "next" if event.version == stream.version + 1 else "early"


class Applier:
    def __init__(
        self, begin: Begin, subscriptions: Sequence[Subscription], incidents: Incidents
    ) -> None:
        self.begin, self.incidents = begin, incidents
        self._by_type = {(each.model.topic, each.model.type): each for each in subscriptions}

    async def apply(
        self, here: Place, records: Sequence[Record], *, alone: bool = False
    ) -> tuple[Place, Tally]:
        """All or nothing; raises what a reaction raised, or `Fenced`.

        `alone`: held events that follow the record and fail are left held instead of failing it.
        """
        tally, last = Tally(), records[-1]
        async with self.begin() as tx:
            there = await positions.move(tx, here, last.offset + 1, last.event_id)
            streams = await self._lock(tx, here.topic, records)
            await self._go_ahead(tx, records)
            for record in records:
                if record.event is None:
                    raise Unreadable
                await self._take(tx, record, streams[record.event.subject], tally, alone)
            await positions.save_streams(tx, here.topic, streams.values())
            fp("consumer.before_commit")
        fp("consumer.after_commit")
        return there, tally

    async def hold(self, here: Place, record: Record, error: BaseException) -> tuple[Place, Tally]:
        """Puts one event aside; its stream stays where it is, so later ones will be early."""
        reason = "unreadable" if record.event is None else "failed"
        async with self.begin() as tx:
            there = await positions.move(tx, here, record.offset + 1, record.event_id)
            await self._lock(tx, here.topic, [record])
            if await held.keep(tx, record, reason, error) is not None:
                await self._tell_held(tx, record, reason, error)
            fp("consumer.before_hold")
        return there, Tally(**{reason: 1})

    async def release(
        self, tx: Tx, topic: str, stream: Stream, ref: HeldRef, *, alone: bool
    ) -> bool:
        """Applies one held event, which must be the stream's next; False if it failed once more."""
        record = await held.load(tx, ref.id)
        if record.event is None:
            raise Unreadable
        if not alone:
            await self._react(tx, record)
        else:
            try:
                async with savepoint(tx):
                    await self._react(tx, record)
            except Exception as error:
                if is_transient(error):
                    raise
                await held.mark_failed(tx, ref.id, error)
                await self._tell_held(tx, record, "failed", error)
                stream.held[ref.version] = HeldRef(ref.id, ref.version, "failed")
                return False
        await held.drop(tx, ref.id)
        del stream.held[ref.version]
        stream.advance(record.event.version, record.event.epoch, record.payload_hash)
        return True

    async def follow(self, tx: Tx, topic: str, stream: Stream, *, alone: bool) -> int:
        """The held events whose turn has come; how many."""
        followed = 0
        while (ref := stream.held.get(stream.version + 1)) is not None and ref.reason == "early":
            if not await self.release(tx, topic, stream, ref, alone=alone):
                break
            followed += 1
        return followed

    async def tell_released(self, tx: Tx, topic: str, stream: Stream) -> None:
        if not stream.held:
            for kind in ("event-held", "event-early"):
                await self.incidents.close(tx, kind, held.stream_key(topic, stream.stream_id))

    async def _take(
        self, tx: Tx, record: Record, stream: Stream, tally: Tally, alone: bool
    ) -> None:
        event = record.event
        assert event is not None  # noqa: S101 (apply has looked)
        match judge(stream, event, record.payload_hash):
            case "next":
                known = await self._react(tx, record)
                stream.advance(event.version, event.epoch, record.payload_hash)
                tally.applied += known
                tally.ignored += not known
                if followed := await self.follow(tx, record.topic, stream, alone=alone):
                    tally.applied += followed
                    await self.tell_released(tx, record.topic, stream)
            case "early":
                await self._hold_early(tx, record, stream)
                tally.early += 1
            case "conflicting":
                await self._tell_conflict(tx, record, stream)
                tally.conflicting += 1
            case _:
                tally.duplicate += 1

    async def _hold_early(self, tx: Tx, record: Record, stream: Stream) -> None:
        event = record.event
        assert event is not None  # noqa: S101 (judged, hence read)
        if (held_id := await held.keep(tx, record, "early")) is not None:
            stream.held[event.version] = HeldRef(held_id, event.version, "early")

    async def _react(self, tx: Tx, record: Record) -> bool:
        """False for a type that the service does not list: its version counts, nothing happens."""
        event = record.event
        assert event is not None  # noqa: S101 (judged, hence read)
        subscription = self._by_type.get((record.topic, event.type))
        if subscription is None:
            return False
        with trace.span(
            f"apply {event.type}",
            parent=event.traceparent,
            kind=trace.SpanKind.CONSUMER,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            stream=event.subject,
        ):
            data = subscription.model.model_validate(event.data)
            await subscription.reaction(tx, event, data)
        return True

    async def _go_ahead(self, tx: Tx, records: Sequence[Record]) -> None:
        heard: dict[Ahead, list[Event]] = {}
        for record in records:
            if (event := record.event) is None:
                continue
            subscription = self._by_type.get((record.topic, event.type))
            if subscription is not None and subscription.ahead is not None:
                heard.setdefault(subscription.ahead, []).append(event)
        for ahead, events in heard.items():
            await ahead(tx, events)

    async def _lock(self, tx: Tx, topic: str, records: Sequence[Record]) -> dict[UUID, Stream]:
        ids = [record.event.subject for record in records if record.event is not None]
        return await positions.lock_streams(tx, topic, ids)

    async def _tell_held(self, tx: Tx, record: Record, reason: str, error: BaseException) -> None:
        kind, code = held.describe(error)
        place = f"{record.topic}/{record.partition}/{record.offset}"
        detail = {"reason": reason, "error": kind, "place": place}
        detail |= {"code": code} if code else {}
        if record.event is None:
            await self.incidents.open(tx, "event-unreadable", place, detail)
            return
        detail |= {"event": str(record.event.id), "version": str(record.event.version)}
        key = held.stream_key(record.topic, record.event.subject)
        await self.incidents.open(tx, "event-held", key, detail)

    async def _tell_conflict(self, tx: Tx, record: Record, stream: Stream) -> None:
        event = record.event
        assert event is not None  # noqa: S101 (judged, hence read)
        detail = {
            "event": str(event.id),
            "version": str(event.version),
            "applied": str(stream.version),
            "epoch": str(event.epoch),
        }
        key = f"{held.stream_key(record.topic, event.subject)}/{event.version}"
        await self.incidents.open(tx, "event-conflicting", key, detail)
