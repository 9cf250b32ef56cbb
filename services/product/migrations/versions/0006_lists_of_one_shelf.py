"""Lists of a room or a brand in the order of prices, and of a room in the order of what is wanted most, by index."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The trigger fills in the rest. Reads go on meanwhile; whoever changes a product is told to come again.
FILL_IN = "UPDATE lowest_price SET amount = amount WHERE category IS NULL"


def upgrade() -> None:
    op.execute(FILL_IN)
    op.execute("CREATE INDEX lowest_price_of_category ON lowest_price (category, currency, amount, product_id)")
    op.execute("CREATE INDEX lowest_price_of_brand ON lowest_price (brand, currency, amount, product_id)")
    op.execute(
        "CREATE INDEX product_popular_of_category ON product (category, popularity DESC, id DESC) WHERE NOT archived"
    )


def downgrade() -> None:
    op.execute("DROP INDEX product_popular_of_category, lowest_price_of_brand, lowest_price_of_category")
