"""What operators did to the service."""

from alembic import op
from chassis.migrations import create_v2

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_v2(op)
