"""Alerts, mails and their addressees, beside the chassis' tables."""

from alembic import op
from chassis.migrations import create_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """create table alert (
    alert_id uuid primary key,
    tenant text not null,
    kind text not null,
    cause uuid not null,
    case_id uuid,
    declaration_id uuid,
    siret text,
    facts jsonb not null,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    resolution text,
    constraint alert_resolved_whole check ((resolved_at is null) = (resolution is null))
)""",
    "create unique index alert_open_cause on alert (tenant, cause) where resolved_at is null",
    "create index alert_newest on alert (opened_at, alert_id)",
    "create index alert_declaration on alert (declaration_id)",
    """create table mail (
    mail_id uuid primary key,
    alert_id uuid not null references alert (alert_id),
    kind text not null constraint mail_kind check (kind in ('start', 'end')),
    state text not null default 'queued'
        constraint mail_state check (state in ('queued', 'sent', 'refused')),
    message_id text not null unique,
    answers_to text,
    subject text not null,
    text text not null,
    html text not null,
    written_at timestamptz not null,
    sent_at timestamptz,
    attempts integer not null default 0,
    try_after timestamptz,
    lease_owner uuid,
    lease_until timestamptz
)""",
    "create unique index mail_alert on mail (alert_id, kind)",
    "create index mail_queue on mail (written_at) where state = 'queued'",
    """create table addressee (
    mail_id uuid not null references mail (mail_id),
    address text not null,
    state text not null default 'waiting' constraint addressee_state
        check (state in ('waiting', 'later', 'accepted', 'refused')),
    code integer,
    reply text,
    primary key (mail_id, address)
)""",
)


def upgrade() -> None:
    create_v1(op)
    for statement in _TABLES:
        op.execute(statement)
