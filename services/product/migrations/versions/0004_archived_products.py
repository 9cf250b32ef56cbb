"""Staff looks through what has left the shop, newest first."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX product_archived ON product (id DESC) WHERE archived")
