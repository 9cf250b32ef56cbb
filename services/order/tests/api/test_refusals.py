import inspect

import pytest
from order_service import domain
from order_service.api.refusals import REFUSALS
from order_service.domain import (
    address,
    cart,
    diagram,
    figures,
    hosted,
    order,
    quote,
    refund,
    refunding,
    saga,
    saga_table,
    shipping,
    states,
)
from order_service.use_cases import after_the_sale, checkout_gate

DOMAIN = [address, cart, diagram, figures, hosted, order, quote, refund, refunding, saga, saga_table, shipping, states]
MODULES = [*DOMAIN, after_the_sale, checkout_gate]


@pytest.mark.parametrize("module", MODULES)
def test_every_refusal_has_a_status(module) -> None:
    found = {
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }

    assert found <= set(REFUSALS)


def test_no_module_of_the_domain_is_forgotten_here() -> None:
    from pkgutil import iter_modules

    assert {each.name for each in iter_modules(domain.__path__)} == {each.__name__.split(".")[-1] for each in DOMAIN}


def test_slugs_are_names_and_no_two_refusals_share_one() -> None:
    slugs = [slug for _, slug in REFUSALS.values()]

    assert len(slugs) == len(set(slugs))
    assert all(slug.replace("_", "").isalpha() for slug in slugs)
