"""declarations, their revisions, keys, answers and cases; the chassis' tables"""

from alembic import op
from chassis.migrations import create_v1

revision = "2026_11_22_declarations"
down_revision = None
branch_labels = None
depends_on = None

_DECLARATION = """
create table declaration (
    declaration_id uuid primary key,
    tenant text not null,
    siret text not null,
    person_ref text not null,
    contract text not null,
    risk text not null,
    first_day date not null,
    last_day date not null,
    state text not null
        constraint declaration_state check (state in ('declared', 'returned', 'cancelled')),
    revision integer not null,
    fingerprint bytea not null,
    declared_at timestamptz not null,
    constraint declaration_days check (first_day <= last_day),
    constraint declaration_overlap exclude using gist (
        tenant with =, siret with =, person_ref with =, contract with =, risk with =,
        daterange(first_day, last_day, '[]') with &&
    ) where (state <> 'cancelled')
)
"""

_REVISION = """
create table revision (
    declaration_id uuid not null references declaration,
    revision integer not null,
    tenant text not null,
    change text not null,
    content jsonb not null,
    reason text,
    client text not null,
    at timestamptz not null,
    primary key (declaration_id, revision)
)
"""

_IDEMPOTENCY = """
create table idempotency (
    tenant text not null,
    key bytea not null,
    fingerprint bytea not null,
    receipt text not null,
    recorded_at timestamptz not null default now(),
    primary key (tenant, key)
)
"""

_ANSWER = """
create table answer (
    submission_id uuid not null,
    version bigint not null,
    tenant text not null,
    declaration_id uuid not null,
    revision integer not null,
    kind text not null,
    verdict text not null,
    code text,
    label text,
    reference text,
    control_number text not null,
    content_sha256 text,
    at timestamptz not null,
    primary key (submission_id, version)
)
"""

_CASE_VIEW = """
create table case_view (
    declaration_id uuid primary key,
    tenant text not null,
    case_id uuid not null,
    state text not null,
    amounts jsonb not null,
    overdue jsonb not null,
    at timestamptz not null
)
"""

_CASE_FACT = """
create table case_fact (
    case_id uuid not null,
    version bigint not null,
    tenant text not null,
    declaration_id uuid not null,
    type text not null,
    state text not null,
    detail jsonb not null,
    at timestamptz not null,
    primary key (case_id, version)
)
"""

_INDEXES = (
    "create index declaration_by_tenant on declaration (tenant, declaration_id)",
    "create index answer_by_declaration on answer (declaration_id)",
    "create index case_view_by_state on case_view (tenant, state, declaration_id)",
    "create index case_fact_by_declaration on case_fact (declaration_id)",
)


def upgrade() -> None:
    # A trusted extension: the owner of the database may create it.
    op.execute("create extension if not exists btree_gist")
    create_v1(op)
    for table in (_DECLARATION, _REVISION, _IDEMPOTENCY, _ANSWER, _CASE_VIEW, _CASE_FACT):
        op.execute(table)
    for index in _INDEXES:
        op.execute(index)


def downgrade() -> None:
    raise NotImplementedError("declarations are not thrown away")
