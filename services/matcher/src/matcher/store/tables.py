"""The matcher's tables, beside the chassis' own.

Facts (`revision`, `deposit`, `answer`, `statement`) are added and never changed. `sick_case`,
`payment` and `deadline` are what the facts amount to now; `expectation`, `allocation` and
`state_change` keep what they amounted to before. Amounts are euros, instants business time in UTC.
"""

from chassis.tables import attach
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
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
attach(metadata)

EUROS = Numeric(12, 2)
INSTANT = DateTime(timezone=True)


def _amounts(prefix: str, *, nullable: bool = False) -> list[Column[object]]:
    names = ("gross", "csg", "crds", "net")
    return [Column(f"{prefix}_{name}", EUROS, nullable=nullable) for name in names]


sick_case = Table(
    "sick_case",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("declaration_id", Uuid, nullable=False),
    Column("siret", Text),
    Column("person_ref", Text),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="announced"),
    Column("cancelled", Boolean, nullable=False, server_default=text("false")),
    *_amounts("expected", nullable=True),
    *_amounts("received"),
    *_amounts("employee"),
    Column("gap", EUROS),
    Column("noted_at", INSTANT, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    # Of the request that brought the latest revision: what the clock does later belongs to it.
    Column("traceparent", Text),
    UniqueConstraint("tenant", "declaration_id", name="sick_case_declaration"),
    CheckConstraint("(siret is null) = (person_ref is null)", name="sick_case_person"),
    Index("sick_case_of_person", "tenant", "person_ref"),
    Index("sick_case_newest", "noted_at", "case_id"),
    Index(
        "sick_case_open",
        "state",
        postgresql_include=["expected_net", "received_net", "gap"],
        postgresql_where=text("state not in ('settled', 'paid-to-employee', 'cancelled')"),
    ),
)

revision = Table(
    "revision",
    metadata,
    Column("case_id", Uuid, ForeignKey("sick_case.case_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("change", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("person_ref", Text, nullable=False),
    Column("risk", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("last_worked_day", Date),
    Column("accident_day", Date),
    Column("subrogated_from", Date),
    Column("subrogated_to", Date),
    Column("returned_on", Date),
    Column("cancelled", Boolean, nullable=False),
    Column("declared_at", INSTANT, nullable=False),
    # Sealed as it came on declarations.v1; opened to compute, never stored open.
    Column("pay", Text),
)

deposit = Table(
    "deposit",
    metadata,
    Column("case_id", Uuid, ForeignKey("sick_case.case_id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("control_number", Text, nullable=False),
    Column("prepared_at", INSTANT, nullable=False),
)

answer = Table(
    "answer",
    metadata,
    Column("case_id", Uuid, ForeignKey("sick_case.case_id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("code", Text),
    Column("label", Text),
    Column("reference", Text),
    Column("answered_at", INSTANT, nullable=False),
    Column("acceptance", JSONB),
    # False while its revision is unknown: others hear of a revision before its answers.
    Column("told", Boolean, nullable=False, server_default=text("false")),
)

statement = Table(
    "statement",
    metadata,
    Column("statement_id", Uuid, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("person_ref", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("claim_number", Text),
    Column("slip", Text, nullable=False),
    Column("caisse", Text, nullable=False),
    Column("accounting_day", Date, nullable=False),
    Column("total", EUROS, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Index("statement_of_person", "tenant", "person_ref"),
)

payment = Table(
    "payment",
    metadata,
    Column("statement_id", Uuid, ForeignKey("statement.statement_id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("periods", JSONB, nullable=False),
    *[Column(name, EUROS, nullable=False) for name in ("gross", "csg", "crds", "net")],
    Column("to_employer", Boolean, nullable=False),
    Column("unreadable_because", Text),
    Column("status", Text, nullable=False, server_default="unmatched"),
    Column("cause", Text),
    Column("case_id", Uuid, ForeignKey("sick_case.case_id")),
    Column("reverses_statement", Uuid),
    Column("reverses_ordinal", Integer),
    CheckConstraint("status in ('matched', 'unmatched', 'review')", name="payment_status"),
    CheckConstraint("(status = 'matched') = (case_id is not null)", name="payment_case"),
    CheckConstraint("net = gross - csg - crds", name="payment_net"),
    # A payment is undone once.
    UniqueConstraint(
        "reverses_statement",
        "reverses_ordinal",
        name="payment_reversed_once",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("payment_of_case", "case_id"),
    Index("payment_open", "statement_id", postgresql_where=text("status <> 'matched'")),
)

allocation = Table(
    "allocation",
    metadata,
    Column("statement_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("status", Text, nullable=False),
    Column("cause", Text),
    Column("case_id", Uuid),
    ForeignKeyConstraint(["statement_id", "ordinal"], ["payment.statement_id", "payment.ordinal"]),
)

expectation = Table(
    "expectation",
    metadata,
    Column("case_id", Uuid, ForeignKey("sick_case.case_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("revision", Integer, nullable=False),
    *_amounts("expected", nullable=True),
    Column("unknown_because", Text),
    # The calculation line by line: days, daily amount, rule, parameters with date and source.
    Column("calculation", JSONB, nullable=False),
)

state_change = Table(
    "state_change",
    metadata,
    Column("case_id", Uuid, ForeignKey("sick_case.case_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("gap", EUROS),
)

deadline = Table(
    "deadline",
    metadata,
    Column("case_id", Uuid, ForeignKey("sick_case.case_id"), primary_key=True),
    Column("awaited", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("since", INSTANT, nullable=False),
    Column("due_at", INSTANT, nullable=False),
    # Parameter and calendar versions that gave `due_at`.
    Column("rule", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("missed_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("reason", Text),
    CheckConstraint(
        "state in ('pending', 'met', 'dropped', 'missed', 'ended')", name="deadline_state"
    ),
    CheckConstraint(
        "(state in ('missed', 'ended')) = (missed_at is not null)", name="deadline_missed"
    ),
    CheckConstraint("(state = 'ended') = (ended_at is not null)", name="deadline_ended"),
    Index("deadline_next", "due_at", postgresql_where=text("state = 'pending'")),
)
