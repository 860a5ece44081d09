"""Events leave a business transaction by one insert, which also draws the stream's next version.

The row lock on the stream's head, the number and the event are one statement: whoever has version n
has waited for n - 1 to commit. The relay reads the rows; nobody else does.
"""

from datetime import datetime
from uuid import UUID

from contracts.events import EventData
from sqlalchemy import text

from chassis import trace
from chassis.db import Tx
from chassis.partitions import partition_of
from chassis.tables import MAX_DATA_BYTES

EVENT_CTES = """
    head as (
        insert into stream_head as known (topic, stream_id, version)
        select :event_topic, :event_stream, 1 from telling
        on conflict (topic, stream_id) do update set version = known.version + 1
        returning version
    ), told as (
        insert into outbox (topic, partition, stream_id, version, epoch, type, tenant,
                            occurred_at, traceparent, data)
        select :event_topic, :event_partition, :event_stream, head.version, epoch.number,
               :event_type, :event_tenant, :event_at, :event_traceparent, :event_data
        from head cross join epoch
        returning version
    )
"""
"""For a hot path that writes its rows and their event in one statement: comes after a CTE `telling`
of one row, or none where nothing is told; `parameters` has its values."""

_ADD = text("with telling as (select)," + EVENT_CTES + "select version from told")


class EventTooLarge(ValueError):
    """The data would not pass the broker; the business transaction must not commit."""


async def add(
    tx: Tx,
    event: EventData,
    *,
    stream: UUID,
    tenant: str,
    at: datetime,
    traceparent: str | None = None,
) -> int:
    """The version that the event got. `at` is business time.

    Make it the last statement of the flow: the stream stays locked until the transaction ends. A
    flow that writes to several streams goes through them in the order of their ids.
    """
    values = parameters(event, stream=stream, tenant=tenant, at=at, traceparent=traceparent)
    return int((await tx.execute(_ADD, values)).scalar_one())


def parameters(
    event: EventData, *, stream: UUID, tenant: str, at: datetime, traceparent: str | None = None
) -> dict[str, object]:
    data = event.model_dump_json().encode()
    if len(data) > MAX_DATA_BYTES:
        raise EventTooLarge(f"{event.type}: {len(data)} bytes, at most {MAX_DATA_BYTES}")
    return {
        "event_topic": event.topic,
        "event_partition": partition_of(stream),
        "event_stream": stream,
        "event_type": event.type,
        "event_tenant": tenant,
        "event_at": at,
        "event_traceparent": traceparent or trace.current.get(),
        "event_data": data,
    }
