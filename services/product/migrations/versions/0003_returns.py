"""Goods that come back with a refund: several rows of the ledger, one for each SKU, remembered by the refund."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STRICT = "CHECK ((fingerprint IS NULL) = (entry IN ('initial', 'sale', 'uncommit')))"
WITH_RETURNS = "CHECK ((fingerprint IS NULL) = (entry IN ('initial', 'sale', 'uncommit') OR ref LIKE 'refund:%'))"


def upgrade() -> None:
    _replace("stock_ledger_check", "stock_ledger_fingerprint", WITH_RETURNS)


def downgrade() -> None:
    _replace("stock_ledger_fingerprint", "stock_ledger_check", STRICT)


def _replace(old: str, new: str, rule: str) -> None:
    op.execute(f"ALTER TABLE stock_ledger DROP CONSTRAINT {old}, ADD CONSTRAINT {new} {rule}")
