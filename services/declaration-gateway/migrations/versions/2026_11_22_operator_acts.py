"""What operators did to the service."""

from alembic import op
from chassis.migrations import create_v2

revision = "2026_11_22_operator_acts"
down_revision = "2026_11_22_declarations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_v2(op)
