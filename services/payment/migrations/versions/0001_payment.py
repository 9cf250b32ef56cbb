"""Payments, refunds, ledger, webhooks, saved methods; outbox and inbox."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE payment (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    state text NOT NULL CHECK (state IN ('CREATED', 'AUTHORIZING', 'AUTHORIZED', 'CAPTURING', 'CAPTURED',
                                         'VOIDING', 'VOIDED', 'FAILED')),
    customer text,
    method text,
    intent_id text UNIQUE,
    void_requested boolean NOT NULL DEFAULT false,
    unknown_since timestamptz,
    ending text,
    reason text,
    captured bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0,
    key_number int NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,
    lease_token uuid,
    lease_until timestamptz,
    due_at timestamptz,
    trace text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (0 <= refunded AND refunded <= captured AND captured <= amount),
    CHECK (currency IS NOT NULL OR state = 'VOIDED')
);
CREATE UNIQUE INDEX payment_one_live ON payment (order_id) WHERE state NOT IN ('VOIDED', 'FAILED');
CREATE INDEX payment_due ON payment (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE refund (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payment,
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('REQUESTED', 'DONE', 'FAILED')),
    attempt int NOT NULL DEFAULT 0,
    look boolean NOT NULL DEFAULT false,
    reason text,
    tries int NOT NULL DEFAULT 0,
    first_sent_at timestamptz,
    lease_token uuid,
    lease_until timestamptz,
    due_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refund_of_payment ON refund (payment_id);
CREATE INDEX refund_due ON refund (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE psp_event (
    id text PRIMARY KEY,
    type text NOT NULL,
    intent_id text,
    payment_id uuid,
    refund_id uuid,
    received_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz DEFAULT now(),
    tries int NOT NULL DEFAULT 0
);
CREATE INDEX psp_event_due ON psp_event (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE customer (
    user_id uuid PRIMARY KEY,
    provider_id text NOT NULL
);
CREATE TABLE payment_method (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES customer,
    provider_method_id text NOT NULL,
    brand text NOT NULL,
    last4 text NOT NULL,
    exp_month int NOT NULL,
    exp_year int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, provider_method_id)
);
"""

LEDGER = """
CREATE TABLE ledger_tx (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    ref text NOT NULL UNIQUE,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE posting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx uuid NOT NULL REFERENCES ledger_tx,
    account text NOT NULL CHECK (account IN ('psp_clearing', 'customer_receivable', 'revenue', 'tax_payable',
                                             'shipping_income', 'refunds', 'fees')),
    side text NOT NULL CHECK (side IN ('debit', 'credit')),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL
);
CREATE INDEX posting_of_tx ON posting (tx);

CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about uuid;
BEGIN
    IF TG_TABLE_NAME = 'posting' THEN about := NEW.tx; ELSE about := NEW.id; END IF;
    IF NOT EXISTS (SELECT FROM posting WHERE tx = about) OR EXISTS (
        SELECT FROM posting WHERE tx = about GROUP BY currency
        HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', about USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances();
CREATE CONSTRAINT TRIGGER ledger_tx_balances AFTER INSERT ON ledger_tx
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances();

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it by a reversal', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_tx_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_tx
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- Whoever was given rights by default loses them; the owner keeps his, because foreign keys are checked in his name.
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN SELECT DISTINCT grantee, table_name FROM information_schema.table_privileges
        WHERE table_schema = current_schema() AND table_name IN ('ledger_tx', 'posting')
        AND grantee NOT IN ('PUBLIC', current_user)
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM %I', held.table_name, held.grantee);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_tx, posting FROM PUBLIC;
"""

MESSAGING = """
CREATE TABLE outbox (
    id uuid PRIMARY KEY, lane text NOT NULL, exchange text NOT NULL, routing_key text NOT NULL,
    aggregate_id text NOT NULL, envelope jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz, attempts int NOT NULL DEFAULT 0, next_attempt_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX outbox_due ON outbox (lane DESC, created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE TABLE inbox (
    consumer text NOT NULL, message_id uuid NOT NULL, processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id));
CREATE TABLE broker_incarnation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), incarnation uuid NOT NULL);
"""


def upgrade() -> None:
    for statements in (TABLES, LEDGER, MESSAGING):
        for statement in _split(statements):
            op.execute(statement)


def _split(statements: str) -> list[str]:
    """One statement at a time, as the driver wants it; a function's body is one."""
    found: list[str] = []
    rest = ""
    for piece in statements.split(";\n"):
        rest += piece + ";\n"
        if rest.count("$$") % 2 == 0:
            if rest.strip(" ;\n"):
                found.append(rest)
            rest = ""
    return found
