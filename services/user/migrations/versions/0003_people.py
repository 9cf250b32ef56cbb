"""Telephone numbers, closed accounts, links for new passwords, address books."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE users ADD COLUMN phone text, ADD COLUMN disabled_at timestamptz, ADD COLUMN disabled_reason text,
    ADD CONSTRAINT users_disabled CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL));

CREATE TABLE password_resets (
    digest bytea PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL);
CREATE INDEX password_resets_expiry ON password_resets (expires_at);

CREATE TABLE addresses (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    line1 text NOT NULL,
    line2 text,
    city text NOT NULL,
    postal_code text NOT NULL,
    country text NOT NULL,
    phone text,
    is_default boolean NOT NULL);
CREATE INDEX addresses_of_user ON addresses (user_id);
CREATE UNIQUE INDEX addresses_one_default ON addresses (user_id) WHERE is_default
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE addresses, password_resets")
    op.execute("ALTER TABLE users DROP COLUMN phone, DROP COLUMN disabled_at, DROP COLUMN disabled_reason")
