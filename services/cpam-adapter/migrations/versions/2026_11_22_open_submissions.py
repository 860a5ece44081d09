"""an index over the submissions without a final word, which are counted all the time"""

from alembic import op

revision = "2026_11_22_open_submissions"
down_revision = "2026_11_22_restoring"
branch_labels = None
depends_on = None

_OPEN = """
create index concurrently if not exists submission_open on submission (caisse, state)
    where state not in ('ACCEPTED', 'REJECTED', 'REJECTED_FORM')
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(_OPEN)
