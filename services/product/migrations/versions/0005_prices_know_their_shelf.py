"""Each lowest price has its product's category and brand, so that one index has both them and the order of prices.

They are filled in by the table itself: whatever writes a price, this version or the one before it, writes it after its
product and in the same transaction. What is there already gets them in the next revision, and nobody who reads waits.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SHELVE = """
CREATE FUNCTION shelve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT category, lower(brand) INTO NEW.category, NEW.brand FROM product WHERE id = NEW.product_id;
    RETURN NEW;
END $$
"""
SHELVED = """
CREATE TRIGGER shelved BEFORE INSERT OR UPDATE ON lowest_price FOR EACH ROW EXECUTE FUNCTION shelve()
"""


def upgrade() -> None:
    op.execute("ALTER TABLE lowest_price ADD COLUMN category text, ADD COLUMN brand text")
    op.execute(SHELVE)
    op.execute(SHELVED)


def downgrade() -> None:
    op.execute("DROP TRIGGER shelved ON lowest_price")
    op.execute("DROP FUNCTION shelve")
    op.execute("ALTER TABLE lowest_price DROP COLUMN category, DROP COLUMN brand")
