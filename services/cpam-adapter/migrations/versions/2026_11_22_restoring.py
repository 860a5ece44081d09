"""after a restore: deposits held, submissions to ask about first, what had been told of others"""

from alembic import op

revision = "2026_11_22_restoring"
down_revision = "2026_11_22_submissions"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table submission add column ask_first boolean not null default false",
    """
    create table deposit_hold (
        one boolean primary key default true constraint deposit_hold_one_row check (one),
        since timestamptz not null,
        read_until jsonb not null
    )
    """,
    """
    create table told (
        submission_id uuid not null,
        version bigint not null,
        type text not null,
        data jsonb not null,
        primary key (submission_id, version)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    with op.get_context().autocommit_block():
        op.execute(
            "create index concurrently if not exists submission_ask_first"
            " on submission (prepared_at) where ask_first"
        )
