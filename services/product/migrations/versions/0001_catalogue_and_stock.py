"""Categories, products with variants, stock with its ledger, holds, outbox."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The search column has each word twice: its English stem, and the word as it is, to be found by its beginning. A word
# that is not kept goes before each text, so that no phrase is found across the seam of two.
CATALOGUE = """
CREATE TABLE category (
    slug text PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    parent text REFERENCES category,
    position int NOT NULL);

CREATE FUNCTION words(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(written, '(\\W|_)+', ' ', 'g');
CREATE FUNCTION joined(written text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_string(written, ' ');
CREATE FUNCTION searchable(written text, weight "char") RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(
        to_tsvector('english', 'the ' || words(written))
        || ts_delete(to_tsvector('simple', '0seam0 ' || words(written)), '0seam0'), weight);

CREATE TABLE product (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    brand text NOT NULL,
    category text NOT NULL REFERENCES category,
    description text NOT NULL,
    attributes json NOT NULL,
    tags text[] NOT NULL,
    popularity int NOT NULL,
    version int NOT NULL,
    archived boolean NOT NULL,
    search tsvector NOT NULL GENERATED ALWAYS AS (
        searchable(name, 'A') || searchable(brand, 'B') || searchable(joined(tags), 'C') || searchable(description, 'D')
    ) STORED);
CREATE INDEX product_newest ON product (id DESC) WHERE NOT archived;
CREATE INDEX product_popular ON product (popularity DESC, id DESC) WHERE NOT archived;
CREATE INDEX product_of_category ON product (category, id DESC) WHERE NOT archived;
CREATE INDEX product_of_brand ON product (lower(brand), id DESC) WHERE NOT archived;
CREATE INDEX product_search ON product USING gin (search) WHERE NOT archived;

CREATE TABLE variant (
    sku text PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES product,
    position int NOT NULL,
    options json NOT NULL,
    prices jsonb NOT NULL);
CREATE INDEX variant_of_product ON variant (product_id, position);

CREATE TABLE lowest_price (
    product_id uuid NOT NULL REFERENCES product,
    currency text NOT NULL,
    amount int NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (product_id, currency));
CREATE INDEX lowest_price_order ON lowest_price (currency, amount, product_id)
"""

STOCK = """
CREATE TABLE stock (
    sku text PRIMARY KEY,
    on_hand int NOT NULL CHECK (on_hand >= 0),
    reserved int NOT NULL,
    CHECK (reserved >= 0 AND reserved <= on_hand));

CREATE TABLE hold (
    order_id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('HELD', 'REJECTED', 'COMMITTED', 'RELEASED', 'EXPIRED', 'UNCOMMITTED')),
    expires_at timestamptz NOT NULL,
    answer jsonb);
CREATE INDEX hold_overdue ON hold (expires_at) WHERE state = 'HELD';

CREATE TABLE hold_line (
    order_id uuid NOT NULL REFERENCES hold,
    sku text NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, sku));

CREATE TABLE stock_ledger (
    id uuid PRIMARY KEY,
    sku text NOT NULL REFERENCES stock,
    entry text NOT NULL CHECK (entry IN ('initial', 'restock', 'adjust', 'return', 'sale', 'uncommit')),
    quantity int NOT NULL,
    ref text NOT NULL,
    on_hand int NOT NULL,
    reserved int NOT NULL,
    reason text NOT NULL,
    fingerprint text,
    at timestamptz NOT NULL DEFAULT now(),
    CHECK ((fingerprint IS NULL) = (entry IN ('initial', 'sale', 'uncommit'))));
CREATE UNIQUE INDEX stock_ledger_adjustment ON stock_ledger (ref) WHERE fingerprint IS NOT NULL;
CREATE UNIQUE INDEX stock_ledger_once ON stock_ledger (ref, sku, entry);
CREATE INDEX stock_ledger_of_sku ON stock_ledger (sku, id DESC)
"""

OUTBOX = """
CREATE TABLE outbox (
    id uuid PRIMARY KEY, lane text NOT NULL, exchange text NOT NULL, routing_key text NOT NULL,
    aggregate_id text NOT NULL, envelope jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz, attempts int NOT NULL DEFAULT 0, next_attempt_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX outbox_due ON outbox (lane DESC, created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE TABLE broker_incarnation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), incarnation uuid NOT NULL)
"""

# Two locks on one door: a role that is granted everything later still cannot rewrite history.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON stock_ledger FROM PUBLIC, CURRENT_USER
"""
# The service's own role was given its rights by default when the table was made.
REVOKE_DEFAULTS = """
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN SELECT DISTINCT grantee FROM information_schema.table_privileges
        WHERE table_schema = current_schema() AND table_name = 'stock_ledger'
        AND grantee NOT IN ('PUBLIC', current_user)
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON stock_ledger FROM %I', held.grantee);
    END LOOP;
END $$
"""


def upgrade() -> None:
    _run(CATALOGUE)
    _run(STOCK)
    _run(OUTBOX)
    op.execute(REFUSE_CHANGE)
    _run(APPEND_ONLY)
    op.execute(REVOKE_DEFAULTS)


def _run(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE broker_incarnation, outbox, stock_ledger, hold_line, hold, stock,"
        " lowest_price, variant, product, category"
    )
    op.execute("DROP FUNCTION refuse_change, searchable, joined, words")
