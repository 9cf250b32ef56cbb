"""Sessions that have ended before their access tokens."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE revoked_session (session_id uuid PRIMARY KEY, until timestamptz NOT NULL)")
    op.execute("CREATE INDEX revoked_session_until ON revoked_session (until)")


def downgrade() -> None:
    op.execute("DROP TABLE revoked_session")
