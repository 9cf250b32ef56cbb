"""Where the storefront says that we deliver to is where order does."""

from order_service.domain.address import TAX_RATES
from storefront.countries import COUNTRIES


def test_the_storefront_offers_exactly_the_countries_that_orders_go_to() -> None:
    assert set(COUNTRIES) == set(TAX_RATES)
    assert list(COUNTRIES.values()) == sorted(COUNTRIES.values())
