"""The chassis' tables, for a service's `store/tables.py` to attach to its own metadata.

They live in each service's database, beside its business tables, because they are written in the
same transactions. `chassis.migrations` makes them; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

MAX_DATA_BYTES = 700_000
"""Of one event's data: the record with its envelope stays under the broker's limit of 1 MiB."""

_REAL_NOW = text("clock_timestamp()")


def attach(metadata: MetaData) -> None:
    _attach_writing_side(metadata)
    _attach_reading_side(metadata)
    Table(
        "incident",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("detail", JSONB, nullable=False),
        Column("opened_at", DateTime(timezone=True), nullable=False),
        Column("closed_at", DateTime(timezone=True)),
        Index("incident_open", "opened_at", postgresql_where=text("closed_at is null")),
    )
    Table(
        "operator_act",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False, server_default=_REAL_NOW),
        Column("client", Text, nullable=False),
        Column("act", Text, nullable=False),
        Column("target", Text, nullable=False),
        Column("because", Text),
        Column("outcome", JSONB, nullable=False),
        Index("operator_act_target", "act", "target"),
    )


def _event_columns() -> list[Column[object]]:
    return [
        Column("topic", Text, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("stream_id", Uuid, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("epoch", Integer, nullable=False),
        Column("type", Text, nullable=False),
        Column("tenant", Text, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("traceparent", Text),
        Column("data", LargeBinary, nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=_REAL_NOW),
    ]


def _attach_writing_side(metadata: MetaData) -> None:
    Table(
        "outbox",
        metadata,
        # cache=1: with more, a later version of a stream could get a lower id than an earlier one.
        Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
        *_event_columns(),
        UniqueConstraint("topic", "stream_id", "version", name="outbox_stream_version"),
        CheckConstraint(f"octet_length(data) <= {MAX_DATA_BYTES}", name="outbox_data_size"),
    )
    Table(
        "event_archive",
        metadata,
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        *_event_columns(),
        Column("record_offset", BigInteger),
        Column("published_at", DateTime(timezone=True), nullable=False, server_default=_REAL_NOW),
        Index("event_archive_published", "published_at", postgresql_using="brin"),
    )
    Table(
        "stream_head",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("stream_id", Uuid, primary_key=True),
        Column("version", BigInteger, nullable=False),
    )
    Table(
        "epoch",
        metadata,
        Column("one", Boolean, primary_key=True, server_default=text("true")),
        Column("number", Integer, nullable=False),
        CheckConstraint("one", name="epoch_one_row"),
    )


def _attach_reading_side(metadata: MetaData) -> None:
    Table(
        "consumer_position",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("partition", SmallInteger, primary_key=True, autoincrement=False),
        Column("next_offset", BigInteger, nullable=False),
        Column("last_event_id", Uuid, nullable=False),
    )
    Table(
        "stream_position",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("stream_id", Uuid, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("epoch", Integer, nullable=False),
        Column("payload_hash", LargeBinary),
    )
    Table(
        "held_event",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("record_offset", BigInteger, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("stream_id", Uuid),
        Column("version", BigInteger),
        Column("type", Text),
        Column("tenant", Text),
        Column("reason", Text, nullable=False),
        Column("error", Text),
        Column("code", Text),
        Column("raw", LargeBinary),
        Column("held_at", DateTime(timezone=True), nullable=False, server_default=_REAL_NOW),
        Column("tries", Integer, nullable=False, server_default=text("1")),
        Column("skipped_at", DateTime(timezone=True)),
        Column("skipped_because", Text),
        UniqueConstraint("topic", "event_id", name="held_event_once"),
        CheckConstraint("reason in ('early', 'failed', 'unreadable')", name="held_event_reason"),
        Index("held_event_stream", "topic", "stream_id", "version"),
    )
