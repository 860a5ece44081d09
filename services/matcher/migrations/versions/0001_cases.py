"""Cases with their facts, payments and deadlines, and the chassis' tables."""

from alembic import op
from chassis.migrations import create_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """create table sick_case (
    case_id uuid primary key,
    tenant text not null,
    declaration_id uuid not null,
    siret text,
    person_ref text,
    revision integer not null default 0,
    state text not null default 'announced',
    cancelled boolean not null default false,
    expected_gross numeric(12, 2), expected_csg numeric(12, 2),
    expected_crds numeric(12, 2), expected_net numeric(12, 2),
    received_gross numeric(12, 2) not null, received_csg numeric(12, 2) not null,
    received_crds numeric(12, 2) not null, received_net numeric(12, 2) not null,
    employee_gross numeric(12, 2) not null, employee_csg numeric(12, 2) not null,
    employee_crds numeric(12, 2) not null, employee_net numeric(12, 2) not null,
    gap numeric(12, 2),
    noted_at timestamptz not null,
    changed_at timestamptz not null,
    constraint sick_case_declaration unique (tenant, declaration_id),
    constraint sick_case_person check ((siret is null) = (person_ref is null))
)""",
    "create index sick_case_of_person on sick_case (tenant, person_ref)",
    "create index sick_case_newest on sick_case (noted_at, case_id)",
    """create table revision (
    case_id uuid not null references sick_case,
    number integer not null,
    change text not null,
    siret text not null,
    person_ref text not null,
    risk text not null,
    first_day date not null,
    last_day date not null,
    last_worked_day date,
    accident_day date,
    subrogated_from date,
    subrogated_to date,
    returned_on date,
    cancelled boolean not null,
    declared_at timestamptz not null,
    pay text,
    primary key (case_id, number)
)""",
    """create table deposit (
    case_id uuid not null references sick_case,
    revision integer not null,
    control_number text not null,
    prepared_at timestamptz not null,
    primary key (case_id, revision)
)""",
    """create table answer (
    case_id uuid not null references sick_case,
    key text not null,
    revision integer not null,
    kind text not null,
    verdict text not null,
    code text,
    label text,
    reference text,
    answered_at timestamptz not null,
    acceptance jsonb,
    told boolean not null default false,
    primary key (case_id, key)
)""",
    """create table statement (
    statement_id uuid primary key,
    tenant text not null,
    person_ref text not null,
    siret text not null,
    insurance text not null,
    claim_number text,
    slip text not null,
    caisse text not null,
    accounting_day date not null,
    total numeric(12, 2) not null,
    lines jsonb not null,
    received_at timestamptz not null
)""",
    "create index statement_of_person on statement (tenant, person_ref)",
    """create table payment (
    statement_id uuid not null references statement,
    ordinal integer not null,
    kind text not null,
    periods jsonb not null,
    gross numeric(12, 2) not null,
    csg numeric(12, 2) not null,
    crds numeric(12, 2) not null,
    net numeric(12, 2) not null,
    to_employer boolean not null,
    unreadable_because text,
    status text not null default 'unmatched'
        constraint payment_status check (status in ('matched', 'unmatched', 'review')),
    cause text,
    case_id uuid references sick_case,
    reverses_statement uuid,
    reverses_ordinal integer,
    primary key (statement_id, ordinal),
    constraint payment_case check ((status = 'matched') = (case_id is not null)),
    constraint payment_net check (net = gross - csg - crds),
    constraint payment_reversed_once unique (reverses_statement, reverses_ordinal)
        deferrable initially deferred
)""",
    "create index payment_of_case on payment (case_id)",
    "create index payment_open on payment (statement_id) where status <> 'matched'",
    """create table allocation (
    statement_id uuid not null,
    ordinal integer not null,
    number integer not null,
    at timestamptz not null,
    status text not null,
    cause text,
    case_id uuid,
    primary key (statement_id, ordinal, number),
    foreign key (statement_id, ordinal) references payment
)""",
    """create table expectation (
    case_id uuid not null references sick_case,
    number integer not null,
    at timestamptz not null,
    revision integer not null,
    expected_gross numeric(12, 2), expected_csg numeric(12, 2),
    expected_crds numeric(12, 2), expected_net numeric(12, 2),
    unknown_because text,
    calculation jsonb not null,
    primary key (case_id, number)
)""",
    """create table state_change (
    case_id uuid not null references sick_case,
    number integer not null,
    at timestamptz not null,
    state text not null,
    gap numeric(12, 2),
    primary key (case_id, number)
)""",
    """create table deadline (
    case_id uuid not null references sick_case,
    awaited text not null,
    revision integer not null,
    since timestamptz not null,
    due_at timestamptz not null,
    rule text not null,
    state text not null constraint deadline_state
        check (state in ('pending', 'met', 'dropped', 'missed', 'ended')),
    missed_at timestamptz,
    ended_at timestamptz,
    reason text,
    primary key (case_id, awaited, revision),
    constraint deadline_missed check ((state in ('missed', 'ended')) = (missed_at is not null)),
    constraint deadline_ended check ((state = 'ended') = (ended_at is not null))
)""",
    "create index deadline_next on deadline (due_at) where state = 'pending'",
)


def upgrade() -> None:
    create_v1(op)
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "deadline",
        "state_change",
        "expectation",
        "allocation",
        "payment",
        "statement",
        "answer",
        "deposit",
        "revision",
        "sick_case",
    ):
        op.execute(f"drop table {table}")
