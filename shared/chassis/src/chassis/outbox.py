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

_ADD = text(
    """
    with head as (
        insert into stream_head as known (topic, stream_id, version)
        values (:topic, :stream, 1)
        on conflict (topic, stream_id) do update set version = known.version + 1
        returning version
    )
    insert into outbox (topic, partition, stream_id, version, epoch, type, tenant,
                        occurred_at, traceparent, data)
    select :topic, :partition, :stream, head.version, epoch.number, :type, :tenant,
           :at, :traceparent, :data
    from head cross join epoch
    returning version
    """
)


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
    data = event.model_dump_json().encode()
    if len(data) > MAX_DATA_BYTES:
        raise EventTooLarge(f"{event.type}: {len(data)} bytes, at most {MAX_DATA_BYTES}")
    added = await tx.execute(
        _ADD,
        {
            "topic": event.topic,
            "partition": partition_of(stream),
            "stream": stream,
            "type": event.type,
            "tenant": tenant,
            "at": at,
            "traceparent": traceparent or trace.current.get(),
            "data": data,
        },
    )
    return int(added.scalar_one())
