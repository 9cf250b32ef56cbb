"""Finished webhooks are found by their age; the inbox goes, because nothing here is deduplicated by one."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX psp_event_finished ON psp_event (received_at) WHERE due_at IS NULL")
    op.execute("DROP TABLE inbox")
