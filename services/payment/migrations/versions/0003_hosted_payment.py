"""Payments on the provider's page, and cards that ask for an authentication."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = (
    "'CREATED', 'AUTHORIZING', 'REQUIRES_ACTION', 'AUTHORIZED', 'CAPTURING', 'CAPTURED', 'VOIDING', 'VOIDED', 'FAILED'"
)


def upgrade() -> None:
    op.execute(
        "ALTER TABLE payment ADD return_url text, ADD session_id text UNIQUE, ADD page_url text,"
        " ADD act_until timestamptz"
    )
    op.execute("ALTER TABLE payment DROP CONSTRAINT payment_state_check")
    op.execute(f"ALTER TABLE payment ADD CONSTRAINT payment_state_check CHECK (state IN ({STATES}))")
