"""The adapter's own tables; the chassis attaches outbox, positions, held events and incidents.

`next_action_at` and all instants of the exchange are business time; `retry_at` and `lease_until`
are real time. Envelopes and raw answers rest sealed.
"""

import sqlalchemy as sa
from chassis import leases
from chassis.tables import attach
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData()
attach(metadata)

_INSTANT = sa.DateTime(timezone=True)

submission = sa.Table(
    "submission",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("declaration_id", sa.Uuid, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("siret", sa.Text, nullable=False),
    sa.Column("account", sa.Text),
    sa.Column("caisse", sa.Text),
    sa.Column("control_number", sa.Text, nullable=False),
    sa.Column("traceparent", sa.Text),
    sa.Column("envelope", sa.Text, nullable=False),
    sa.Column("envelope_sha256", sa.Text, nullable=False),
    sa.Column("filing_sha256", sa.Text, nullable=False),
    sa.Column("content_sha256", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("prepared_at", _INSTANT, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("intent_at", _INSTANT),
    sa.Column("unclear_at", _INSTANT),
    sa.Column("next_action_at", _INSTANT),
    sa.Column("retry_at", _INSTANT),
    *leases.columns(),
    sa.Column("reference", sa.Text),
    sa.Column("deposited_at", _INSTANT),
    sa.Column("refusal_code", sa.Text),
    sa.Column("refusal_label", sa.Text),
    sa.Column("refused_at", _INSTANT),
    sa.Column("last_answer_at", _INSTANT),
    # The CPAM may have it from a process that this database has forgotten.
    sa.Column("ask_first", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("tenant", "declaration_id", "revision"),
    sa.UniqueConstraint("control_number"),
    sa.Index("submission_content", "tenant", "content_sha256"),
    sa.Index("submission_ready", "prepared_at", "id", postgresql_where=sa.text("state = 'READY'")),
    sa.Index("submission_leased", "lease_until", postgresql_where=sa.text("state = 'INTENT'")),
    sa.Index(
        "submission_to_ask",
        "next_action_at",
        postgresql_where=sa.text("next_action_at is not null"),
    ),
    sa.Index(
        "submission_open",
        "caisse",
        "state",
        postgresql_where=sa.text("state not in ('ACCEPTED', 'REJECTED', 'REJECTED_FORM')"),
    ),
    sa.Index("submission_ask_first", "prepared_at", postgresql_where=sa.text("ask_first")),
    # At most one sending of unknown outcome a declaration, whatever a bug may try.
    sa.Index(
        "submission_one_open",
        "declaration_id",
        unique=True,
        postgresql_where=sa.text("state in ('INTENT', 'UNKNOWN')"),
    ),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("submission_id", sa.Uuid, sa.ForeignKey(submission.c.id), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("intent_at", _INSTANT, nullable=False),
    sa.Column("envelope_sha256", sa.Text, nullable=False),
    sa.Column("sent", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("http_status", sa.Integer),
    sa.Column("answer", sa.Text),
    sa.Column("ended_at", _INSTANT),
    sa.PrimaryKeyConstraint("submission_id", "attempt"),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True, cache=1), primary_key=True),
    sa.Column("submission_id", sa.Uuid, sa.ForeignKey(submission.c.id), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("at", _INSTANT, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index("evidence_submission", "submission_id", "attempt"),
)

answer = sa.Table(
    "answer",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("answer_id", sa.Text),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("submission_id", sa.Uuid, sa.ForeignKey(submission.c.id)),
    sa.Column("verdict", sa.Text),
    sa.Column("content_sha256", sa.Text),
    sa.Column("answered_at", _INSTANT),
    sa.Column("stored_at", _INSTANT, nullable=False),
    sa.Column("confirmed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("tenant", "account", "sha256"),
    sa.Index("answer_submission", "submission_id"),
    sa.Index("answer_given", "tenant", "account", "answer_id"),
    sa.Index(
        "answer_open",
        "stored_at",
        postgresql_where=sa.text("state = 'stored' or not confirmed"),
    ),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("control_number", sa.Text),
    sa.Column("answer_id", sa.Text),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("at", _INSTANT, nullable=False),
    sa.UniqueConstraint("tenant", "account", "sha256", "reason"),
)

deposit_hold = sa.Table(
    "deposit_hold",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("since", _INSTANT, nullable=False),
    sa.Column("read_until", JSONB, nullable=False),
    sa.CheckConstraint("one", name="deposit_hold_one_row"),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("submission_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("data", JSONB, nullable=False),
)
