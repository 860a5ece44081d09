"""Idempotency keys by age: a BRIN index costs the accepting of declarations next to nothing."""

from alembic import op

revision = "2026_11_22_age_of_keys"
down_revision = "2026_11_22_operator_acts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            "create index concurrently if not exists idempotency_recorded"
            " on idempotency using brin (recorded_at)"
        )
