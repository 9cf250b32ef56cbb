"""Users, credentials, verifications, sessions with their refresh tokens, outbox."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    locale text NOT NULL,
    roles text[] NOT NULL CHECK (roles <@ ARRAY['customer', 'support', 'admin']),
    verified_at timestamptz,
    session_version int NOT NULL,
    version int NOT NULL,
    created_at timestamptz NOT NULL);
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE INDEX users_admins ON users (id) WHERE roles @> ARRAY['admin'];

CREATE TABLE credentials (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    hash text NOT NULL,
    pepper_id text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE verifications (
    digest bytea PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL);
CREATE INDEX verifications_expiry ON verifications (expires_at);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    device text NOT NULL,
    started_at timestamptz NOT NULL,
    idle_until timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_idle ON sessions (idle_until);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY,
    family uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    generation int NOT NULL,
    parent bytea,
    issued_at timestamptz NOT NULL,
    used_at timestamptz,
    UNIQUE (family, generation));
CREATE UNIQUE INDEX refresh_tokens_unused ON refresh_tokens (family) WHERE used_at IS NULL;

CREATE TABLE outbox (
    id uuid PRIMARY KEY, lane text NOT NULL, exchange text NOT NULL, routing_key text NOT NULL,
    aggregate_id text NOT NULL, envelope jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz, attempts int NOT NULL DEFAULT 0, next_attempt_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX outbox_due ON outbox (lane DESC, created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE broker_incarnation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), incarnation uuid NOT NULL)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE broker_incarnation, outbox, refresh_tokens, sessions, verifications, credentials, users")
