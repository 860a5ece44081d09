"""The feed's tables: every entry once, who waits, and each reader's gapless list of positions."""

from chassis import tables as chassis_tables
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
chassis_tables.attach(metadata)

entry = Table(
    "entry",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    # cache=1: within a stream, a later version must get the higher number.
    Column("number", BigInteger, Identity(always=True, cache=1), nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("stream_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("tenant", Text, nullable=False),
    # Null for a statement: a case says later which declaration it belongs to.
    Column("declaration_id", Uuid),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    # As it came: sealed fields stay sealed.
    Column("data", JSONB, nullable=False),
)

waiting = Table(
    "waiting",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Uuid, ForeignKey("entry.event_id"), nullable=False, unique=True),
)

declaration = Table(
    "declaration",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("first_number", BigInteger, nullable=False),
)

statement_link = Table(
    "statement_link",
    metadata,
    Column("statement_id", Uuid, primary_key=True),
    Column("declaration_id", Uuid, nullable=False),
)

head = Table(
    "head",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

item = Table(
    "item",
    metadata,
    Column("reader", Text, ForeignKey("head.reader"), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Uuid, ForeignKey("entry.event_id"), nullable=False),
    Column("declaration_id", Uuid, nullable=False),
    UniqueConstraint("reader", "event_id", name="item_once"),
    CheckConstraint("position >= 1", name="item_position"),
)

cursor_key = Table(
    "cursor_key",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("key", LargeBinary, nullable=False),
    CheckConstraint("one", name="cursor_key_one_row"),
)
