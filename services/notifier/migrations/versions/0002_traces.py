"""The trace of a mail: it is sent later, by an errand."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table mail add column traceparent text")
