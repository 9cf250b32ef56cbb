"""A price tag in every currency, from the one that stands in the file."""

from collections.abc import Mapping

from product_service.domain.product import Currency

RATES: Mapping[Currency, int] = {"EUR": 100, "USD": 112, "GBP": 86, "JPY": 164}
"""Minor units for 100 euro cents: a tag for the demo, fixed on purpose, not an exchange."""

ENDINGS = ((2_000, 10), (10_000, 50), (50_000, 100))
"""Below this many minor units, tags are multiples of that many."""
COARSEST = 500


def prices(*, eur: int) -> Mapping[Currency, int]:
    """Net prices in minor units: the euro price as it is, the others converted and rounded to a tidy ending."""
    return {currency: eur if currency == "EUR" else _tidy((eur * rate + 50) // 100) for currency, rate in RATES.items()}


def _tidy(amount: int) -> int:
    step = next((step for below, step in ENDINGS if amount < below), COARSEST)
    return max(step, (amount + step // 2) // step * step)
