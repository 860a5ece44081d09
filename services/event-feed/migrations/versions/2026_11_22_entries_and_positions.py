"""Entries, who waits for its declaration, and each reader's positions."""

from alembic import op
from chassis.migrations import create_v1

revision = "20261122_feed"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """create table entry (
    event_id uuid primary key,
    number bigint generated always as identity (cache 1) unique,
    topic text not null,
    type text not null,
    stream_id uuid not null,
    version bigint not null,
    tenant text not null,
    declaration_id uuid,
    occurred_at timestamptz not null,
    data jsonb not null
)""",
    """create table waiting (
    number bigint primary key,
    event_id uuid not null unique references entry (event_id)
)""",
    """create table declaration (
    declaration_id uuid primary key,
    tenant text not null,
    first_number bigint not null
)""",
    """create table statement_link (
    statement_id uuid primary key,
    declaration_id uuid not null
)""",
    """create table head (
    reader text primary key,
    last bigint not null
) with (fillfactor = 50)""",
    """create table item (
    reader text references head (reader),
    position bigint constraint item_position check (position >= 1),
    event_id uuid not null references entry (event_id),
    declaration_id uuid not null,
    primary key (reader, position),
    constraint item_once unique (reader, event_id)
)""",
    """create table cursor_key (
    one boolean primary key default true constraint cursor_key_one_row check (one),
    key bytea not null
)""",
)


def upgrade() -> None:
    create_v1(op)
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a position once given is never taken back")
