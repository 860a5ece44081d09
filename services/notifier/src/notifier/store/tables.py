"""The notifier's tables: alerts, their letters, each letter's addressees; and the chassis' own.

Instants named `*_at` are business time. `try_after` and `lease_until` are real time.
"""

from chassis import leases
from chassis.tables import attach
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
attach(metadata)

alert = Table(
    "alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Uuid, nullable=False),
    Column("case_id", Uuid),
    Column("declaration_id", Uuid),
    Column("siret", Text),
    Column("facts", JSONB, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("resolution", Text),
    CheckConstraint("(resolved_at is null) = (resolution is null)", name="alert_resolved_whole"),
    Index(
        "alert_open_cause",
        "tenant",
        "cause",
        unique=True,
        postgresql_where=text("resolved_at is null"),
    ),
    Index("alert_newest", "opened_at", "alert_id"),
    Index("alert_declaration", "declaration_id"),
)

mail = Table(
    "mail",
    metadata,
    Column("mail_id", Uuid, primary_key=True),
    Column("alert_id", Uuid, ForeignKey("alert.alert_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("message_id", Text, nullable=False, unique=True),
    Column("answers_to", Text),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("try_after", DateTime(timezone=True)),
    Column("traceparent", Text),
    *leases.columns(),
    CheckConstraint("kind in ('start', 'end')", name="mail_kind"),
    CheckConstraint("state in ('queued', 'sent', 'refused')", name="mail_state"),
    Index("mail_alert", "alert_id", "kind", unique=True),
    Index("mail_queue", "written_at", postgresql_where=text("state = 'queued'")),
)

addressee = Table(
    "addressee",
    metadata,
    Column("mail_id", Uuid, ForeignKey("mail.mail_id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("code", Integer),
    Column("reply", Text),
    CheckConstraint("state in ('waiting', 'later', 'accepted', 'refused')", name="addressee_state"),
)
