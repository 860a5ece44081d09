"""The chassis' tables as migrations call them: `from chassis.migrations import create_v1`.

Each function is history once it has run somewhere: a change is a new function beside it.
"""

from typing import Any

_EVENT = """
    topic text not null,
    partition smallint not null,
    stream_id uuid not null,
    version bigint not null,
    epoch integer not null,
    type text not null,
    tenant text not null,
    occurred_at timestamptz not null,
    traceparent text,
    data bytea not null,
    written_at timestamptz not null default clock_timestamp()
"""

_V1 = (
    "create table outbox (id bigint generated always as identity (cache 1) primary key,"
    + _EVENT
    + """,
    constraint outbox_stream_version unique (topic, stream_id, version),
    constraint outbox_data_size check (octet_length(data) <= 700000)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0)""",
    "create table event_archive (id bigint primary key,"
    + _EVENT
    + """,
    record_offset bigint,
    published_at timestamptz not null default clock_timestamp()
)""",
    "create index event_archive_published on event_archive using brin (published_at)",
    """create table stream_head (
    topic text not null,
    stream_id uuid not null,
    version bigint not null,
    primary key (topic, stream_id)
) with (fillfactor = 80)""",
    """create table epoch (
    one boolean primary key default true constraint epoch_one_row check (one),
    number integer not null
)""",
    "insert into epoch (number) values (1)",
    """create table consumer_position (
    topic text not null,
    partition smallint not null,
    next_offset bigint not null,
    last_event_id uuid not null,
    primary key (topic, partition)
) with (fillfactor = 50)""",
    """create table stream_position (
    topic text not null,
    stream_id uuid not null,
    version bigint not null,
    epoch integer not null,
    payload_hash bytea,
    primary key (topic, stream_id)
) with (fillfactor = 80)""",
    """create table held_event (
    id bigint generated always as identity primary key,
    topic text not null,
    partition smallint not null,
    record_offset bigint not null,
    event_id uuid not null,
    stream_id uuid,
    version bigint,
    type text,
    tenant text,
    reason text not null
        constraint held_event_reason check (reason in ('early', 'failed', 'unreadable')),
    error text,
    code text,
    raw bytea,
    held_at timestamptz not null default clock_timestamp(),
    tries integer not null default 1,
    skipped_at timestamptz,
    skipped_because text,
    constraint held_event_once unique (topic, event_id)
)""",
    "create index held_event_stream on held_event (topic, stream_id, version)",
    """create table incident (
    id uuid primary key,
    kind text not null,
    key text not null,
    detail jsonb not null,
    opened_at timestamptz not null,
    closed_at timestamptz
)""",
    "create index incident_open on incident (opened_at) where closed_at is null",
)

_V2 = (
    """create table operator_act (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    client text not null,
    act text not null,
    target text not null,
    because text,
    outcome jsonb not null
)""",
    "create index operator_act_target on operator_act (act, target)",
)


def create_v1(op: Any) -> None:
    """`op` is alembic's; the tables belong to the role that migrates."""
    for statement in _V1:
        op.execute(statement)


def create_v2(op: Any) -> None:
    """What operators did."""
    for statement in _V2:
        op.execute(statement)
