"""The trace of a case, and an index over the cases that are open."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = """
create index concurrently if not exists sick_case_open on sick_case (state)
    include (expected_net, received_net, gap)
    where state not in ('settled', 'paid-to-employee', 'cancelled')
"""


def upgrade() -> None:
    op.execute("alter table sick_case add column traceparent text")
    with op.get_context().autocommit_block():
        op.execute(_OPEN)
