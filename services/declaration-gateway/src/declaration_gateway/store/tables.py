"""The gateway's tables. The tenant leads every unique index of a business key.

`declaration` is where an arrêt is found and kept from overlapping another one; `revision` holds it
whole after each change, in the form of the event that went out. `answer`, `case_view` and
`case_fact` are what other services said about it; their rows may come before its own.
"""

from chassis import tables
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.schema import Index

metadata = MetaData()
tables.attach(metadata)

INSTANT = DateTime(timezone=True)

declaration = Table(
    "declaration",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("person_ref", Text, nullable=False),
    # '' where none was given: null would let two of them overlap.
    Column("contract", Text, nullable=False),
    Column("risk", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("declared_at", INSTANT, nullable=False),
    CheckConstraint("first_day <= last_day", name="declaration_days"),
    CheckConstraint("state in ('declared', 'returned', 'cancelled')", name="declaration_state"),
    ExcludeConstraint(
        ("tenant", "="),
        ("siret", "="),
        ("person_ref", "="),
        ("contract", "="),
        ("risk", "="),
        (func.daterange(text("first_day"), text("last_day"), text("'[]'")), "&&"),
        name="declaration_overlap",
        where=text("state <> 'cancelled'"),
    ),
    Index("declaration_by_tenant", "tenant", "declaration_id"),
)

revision = Table(
    "revision",
    metadata,
    Column("declaration_id", ForeignKey("declaration.declaration_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("reason", Text),
    Column("client", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("receipt", Text, nullable=False),
    # Real time: how long a key is kept has nothing to do with the business clock.
    Column("recorded_at", INSTANT, nullable=False, server_default=func.now()),
    Index("idempotency_recorded", "recorded_at", postgresql_using="brin"),
)

answer = Table(
    "answer",
    metadata,
    Column("submission_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("declaration_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("code", Text),
    Column("label", Text),
    Column("reference", Text),
    Column("control_number", Text, nullable=False),
    Column("content_sha256", Text),
    Column("at", INSTANT, nullable=False),
    Index("answer_by_declaration", "declaration_id"),
)

case_view = Table(
    "case_view",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("amounts", JSONB, nullable=False),
    Column("overdue", JSONB, nullable=False),
    Column("at", INSTANT, nullable=False),
    Index("case_view_by_state", "tenant", "state", "declaration_id"),
)

case_fact = Table(
    "case_fact",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("declaration_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("at", INSTANT, nullable=False),
    Index("case_fact_by_declaration", "declaration_id"),
)
