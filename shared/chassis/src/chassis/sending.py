"""Rows of the outbox as batches for the broker: one batch a partition and round, all or nothing.

The bytes of an event are a pure function of its row, so a row that is sent twice is twice the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from contracts import envelope

from chassis import kafka, trace
from chassis.partitions import key_of

_HEADERS = [("content-type", envelope.CONTENT_TYPE.encode())]


@dataclass(frozen=True, slots=True)
class Batch:
    topic: str
    partition: int
    builder: Any
    rows: list[asyncpg.Record] = field(default_factory=list)


def fill(
    producer: kafka.AIOKafkaProducer, rows: Iterable[asyncpg.Record], service: str
) -> list[Batch]:
    """What does not fit, and all that comes after it in its partition, waits for the next round."""
    batches: dict[tuple[str, int], Batch] = {}
    full: set[tuple[str, int]] = set()
    for row in rows:
        place = (row["topic"], row["partition"])
        if place in full:
            continue
        batch = batches.setdefault(place, Batch(*place, producer.create_batch()))
        appended = batch.builder.append(
            timestamp=int(row["occurred_at"].timestamp() * 1000),
            key=key_of(row["stream_id"]),
            value=compose(row, service),
            headers=_HEADERS,
        )
        if appended is None:
            full.add(place)
        else:
            batch.rows.append(row)
    return list(batches.values())


def compose(row: asyncpg.Record, service: str) -> bytes:
    return envelope.compose(
        topic=row["topic"],
        source=service,
        type=row["type"],
        stream=row["stream_id"],
        version=row["version"],
        epoch=row["epoch"],
        tenant=row["tenant"],
        time=row["occurred_at"],
        traceparent=row["traceparent"],
        data=row["data"],
    ).encode()


async def send(producer: kafka.AIOKafkaProducer, batch: Batch) -> int:
    """The offset of its first record, once the broker has all of them; -1 if it had them before."""
    future = await producer.send_batch(batch.builder, batch.topic, partition=batch.partition)
    try:
        return int((await future).offset)
    except kafka.MessageSizeTooLargeError:
        size = batch.builder.size()
        raise kafka.MessageSizeTooLargeError(f"{batch.topic} takes no {size} bytes") from None


def numbered(batch: Batch, base: int) -> list[tuple[int, int | None]]:
    """Row ids with their offsets; a broker that recognised a repeat does not say where it lies."""
    return [
        (row["id"], base + place if base >= 0 else None) for place, row in enumerate(batch.rows)
    ]


def trace_sent(batch: Batch, base: int) -> None:
    """One span an event, from its write to the broker's acknowledgement."""
    if trace.recorder is None:
        return
    for place, row in enumerate(batch.rows):
        if row["traceparent"] is not None:
            with trace.span(
                f"publish {row['type']}",
                parent=row["traceparent"],
                kind=trace.SpanKind.PRODUCER,
                start_ns=int(row["written_at"].timestamp() * 1e9),
                topic=batch.topic,
                partition=batch.partition,
                offset=base + place,
            ):
                pass
