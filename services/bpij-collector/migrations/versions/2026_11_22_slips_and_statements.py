"""Slips as fetched, and the statements read from them."""

from alembic import op
from chassis.migrations import create_v1

revision = "20261122_slips"
down_revision = None
branch_labels = None
depends_on = None

_SLIP = """create table slip (
    id uuid primary key,
    number bigint generated always as identity unique,
    tenant text not null,
    account text not null,
    name text not null,
    sha256 text not null,
    size bigint not null,
    raw text,
    state text not null constraint slip_state_known
        check (state in ('fetched', 'read', 'ignored', 'quarantined')),
    reason text,
    place text,
    notices jsonb not null default '[]'::jsonb,
    identification text,
    same_as uuid,
    total numeric(14, 2),
    people integer,
    statements integer,
    lines integer,
    attempts integer not null default 0,
    fetched_at timestamptz not null,
    confirmed_at timestamptz,
    decided_at timestamptz,
    constraint slip_once unique (tenant, account, name, sha256),
    constraint slip_reason_given check (state <> 'quarantined' or reason is not null)
)"""

_WAITING = "create index slip_waiting on slip (attempts, number) where state = 'fetched'"

_IDENTIFICATION = """create table identification (
    tenant text,
    account text,
    identification text,
    fingerprint text not null,
    slip_id uuid not null references slip (id),
    primary key (tenant, account, identification)
)"""

_STATEMENT = """create table statement (
    id uuid primary key,
    tenant text not null,
    slip_id uuid not null references slip (id),
    place text not null,
    siret text not null,
    person_ref text not null,
    person text not null,
    sent_caisse text not null,
    caisse text not null,
    accounting_day date not null,
    insurance text not null,
    claim text,
    sign text not null constraint statement_sign_known check (sign in ('+', '-')),
    total numeric(14, 2) not null,
    constraint statement_once unique (tenant, slip_id, place)
)"""

_LINE = """create table statement_line (
    statement_id uuid references statement (id),
    ordinal integer,
    nature text not null,
    kind text not null,
    label text,
    first_day date,
    last_day date,
    days integer,
    unit numeric(14, 2),
    amount numeric(14, 2) not null,
    subrogated boolean not null,
    primary key (statement_id, ordinal)
)"""

_OVERPAYMENT = """create table overpayment (
    slip_id uuid references slip (id),
    place text,
    ordinal integer,
    tenant text not null,
    person_ref text not null,
    number text not null,
    amount numeric(14, 2) not null,
    primary key (slip_id, place, ordinal)
)"""


def upgrade() -> None:
    create_v1(op)
    for statement in (_SLIP, _WAITING, _IDENTIFICATION, _STATEMENT, _LINE, _OVERPAYMENT):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was fetched is kept")
