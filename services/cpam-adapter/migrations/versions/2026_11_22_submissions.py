"""submissions with their attempts and evidence, answers, quarantine; the chassis' tables"""

from alembic import op
from chassis.migrations import create_v1

revision = "2026_11_22_submissions"
down_revision = None
branch_labels = None
depends_on = None

_SUBMISSION = """
create table submission (
    id uuid primary key,
    tenant text not null,
    declaration_id uuid not null,
    revision integer not null,
    change text not null,
    siret text not null,
    account text,
    caisse text,
    control_number text not null unique
        constraint submission_control_number_form check (control_number ~ '^[0-9A-Z]{12,17}$'),
    traceparent text,
    envelope text not null,
    envelope_sha256 text not null,
    filing_sha256 text not null,
    content_sha256 text not null,
    state text not null constraint submission_state check (state in (
        'READY', 'INTENT', 'UNKNOWN', 'HUMAN', 'REJECTED_FORM', 'DEPOSITED',
        'IN_PROGRESS', 'DOCUMENTS_REQUESTED', 'ACCEPTED', 'REJECTED', 'CONFLICT')),
    reason text,
    prepared_at timestamptz not null,
    attempt integer not null default 0,
    failures integer not null default 0,
    intent_at timestamptz,
    unclear_at timestamptz,
    next_action_at timestamptz,
    retry_at timestamptz,
    lease_owner uuid,
    lease_until timestamptz,
    reference text,
    deposited_at timestamptz,
    refusal_code text,
    refusal_label text,
    refused_at timestamptz,
    last_answer_at timestamptz,
    unique (tenant, declaration_id, revision),
    constraint submission_proof check (
        state <> 'DEPOSITED' or (reference <> '' and deposited_at is not null))
) with (fillfactor = 80)
"""

_ATTEMPT = """
create table attempt (
    submission_id uuid not null references submission (id),
    attempt integer not null,
    intent_at timestamptz not null,
    envelope_sha256 text not null,
    sent text,
    outcome text,
    http_status integer,
    answer text,
    ended_at timestamptz,
    primary key (submission_id, attempt)
)
"""

_EVIDENCE = """
create table evidence (
    id bigint generated always as identity (cache 1) primary key,
    submission_id uuid not null references submission (id),
    attempt integer not null,
    kind text not null,
    detail text,
    at timestamptz not null,
    actor text not null
)
"""

_ANSWER = """
create table answer (
    id uuid primary key,
    tenant text not null,
    account text not null,
    sha256 text not null,
    answer_id text,
    raw text not null,
    state text not null constraint answer_state check (
        state in ('stored', 'applied', 'ignored', 'conflict', 'quarantined')),
    reason text,
    submission_id uuid references submission (id),
    verdict text,
    content_sha256 text,
    answered_at timestamptz,
    stored_at timestamptz not null,
    confirmed boolean not null default false,
    unique (tenant, account, sha256)
)
"""

_QUARANTINE = """
create table quarantine (
    id uuid primary key,
    tenant text not null,
    account text not null,
    source text not null,
    sha256 text not null,
    reason text not null,
    control_number text,
    answer_id text,
    size integer not null,
    raw text not null,
    at timestamptz not null,
    unique (tenant, account, sha256, reason)
)
"""

_INDEXES = (
    "create index submission_content on submission (tenant, content_sha256)",
    "create index submission_ready on submission (prepared_at, id) where state = 'READY'",
    "create index submission_leased on submission (lease_until) where state = 'INTENT'",
    "create index submission_to_ask on submission (next_action_at)"
    " where next_action_at is not null",
    "create unique index submission_one_open on submission (declaration_id)"
    " where state in ('INTENT', 'UNKNOWN')",
    "create index evidence_submission on evidence (submission_id, attempt)",
    "create index answer_submission on answer (submission_id)",
    "create index answer_given on answer (tenant, account, answer_id)",
    "create index answer_open on answer (stored_at) where state = 'stored' or not confirmed",
)


def upgrade() -> None:
    create_v1(op)
    for statement in (_SUBMISSION, _ATTEMPT, _EVIDENCE, _ANSWER, _QUARANTINE, *_INDEXES):
        op.execute(statement)
