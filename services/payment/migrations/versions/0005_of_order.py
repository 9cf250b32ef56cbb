"""Staff looks for the payments of an order, those that are over too."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX payment_of_order ON payment (order_id)")
