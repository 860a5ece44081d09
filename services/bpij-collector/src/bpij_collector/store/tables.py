"""The collector's tables: slips as they came (sealed) and what was read from them."""

from chassis import tables as chassis_tables
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
chassis_tables.attach(metadata)

_MONEY = Numeric(14, 2)
_INSTANT = DateTime(timezone=True)

slip = Table(
    "slip",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("tenant", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    # Sealed; null only where the file was over our limit and still lies with the partner.
    Column("raw", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("place", Text),
    Column("notices", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("identification", Text),
    Column("same_as", Uuid),
    Column("total", _MONEY),
    Column("people", Integer),
    Column("statements", Integer),
    Column("lines", Integer),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("fetched_at", _INSTANT, nullable=False),
    Column("confirmed_at", _INSTANT),
    Column("decided_at", _INSTANT),
    UniqueConstraint("tenant", "account", "name", "sha256", name="slip_once"),
    CheckConstraint(
        "state in ('fetched', 'read', 'ignored', 'quarantined')", name="slip_state_known"
    ),
    CheckConstraint("state <> 'quarantined' or reason is not null", name="slip_reason_given"),
    Index("slip_waiting", "attempts", "number", postgresql_where=text("state = 'fetched'")),
)

identification = Table(
    "identification",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("identification", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("slip_id", Uuid, ForeignKey("slip.id"), nullable=False),
)

statement = Table(
    "statement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("slip_id", Uuid, ForeignKey("slip.id"), nullable=False),
    Column("place", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("person_ref", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("sent_caisse", Text, nullable=False),
    Column("caisse", Text, nullable=False),
    Column("accounting_day", Date, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("claim", Text),
    Column("sign", Text, nullable=False),
    Column("total", _MONEY, nullable=False),
    UniqueConstraint("tenant", "slip_id", "place", name="statement_once"),
    CheckConstraint("sign in ('+', '-')", name="statement_sign_known"),
)

statement_line = Table(
    "statement_line",
    metadata,
    Column("statement_id", Uuid, ForeignKey("statement.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("nature", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text),
    Column("first_day", Date),
    Column("last_day", Date),
    Column("days", Integer),
    Column("unit", _MONEY),
    Column("amount", _MONEY, nullable=False),
    Column("subrogated", Boolean, nullable=False),
)

overpayment = Table(
    "overpayment",
    metadata,
    Column("slip_id", Uuid, ForeignKey("slip.id"), primary_key=True),
    Column("place", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("person_ref", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("amount", _MONEY, nullable=False),
)
