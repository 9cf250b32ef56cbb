from itertools import pairwise

import pytest
from product_service.adapters.seed_prices import prices
from product_service.domain.product import CURRENCIES


@pytest.mark.parametrize(
    ("eur", "usd", "gbp", "jpy"),
    [
        (580, 650, 500, 950),
        (890, 1000, 770, 1460),
        (1850, 2050, 1590, 3050),
        (3900, 4350, 3350, 6400),
        (11900, 13300, 10200, 19500),
        (28900, 32400, 24900, 47400),
        (75000, 84000, 64500, 123000),
    ],
)
def test_a_euro_price_becomes_a_tidy_tag_in_every_currency(eur: int, usd: int, gbp: int, jpy: int) -> None:
    assert prices(eur=eur) == {"EUR": eur, "USD": usd, "GBP": gbp, "JPY": jpy}


def test_the_smallest_price_is_not_rounded_away() -> None:
    assert prices(eur=1) == {"EUR": 1, "USD": 10, "GBP": 10, "JPY": 10}


def test_what_costs_more_in_euros_never_costs_less_elsewhere() -> None:
    tags = [prices(eur=eur) for eur in range(10, 120_000, 10)]

    for cheap, dear in pairwise(tags):
        assert all(cheap[currency] <= dear[currency] for currency in CURRENCIES), (cheap, dear)
