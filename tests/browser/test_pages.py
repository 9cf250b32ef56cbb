"""Every page, with and without scripts, on a phone, a tablet and a desk, by day and by night."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.pages import FOR_ANYBODY, FOR_CUSTOMERS, FOR_STAFF, PageOf
from tests.browser.visitors import SCHEMES, WIDTHS, Visitor, visitor
from tests.journeys.shop import Customer, Shop

MISSING = "nothing there"
LOOKS = [(width, scheme) for scheme in SCHEMES for width in WIDTHS]
ALL = os.environ.get("MERCATO_LOOKS") == "all"
"""Every width by day and by night, as `make browser` does; else a phone by day and a desk by night."""


@pytest.fixture(scope="module", params=[True, False], ids=["with scripts", "without scripts"])
def anybody(browser: Browser, base_url: str, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    yield from _one(browser, base_url, javascript=request.param)


@pytest.fixture(scope="module", params=[True, False], ids=["with scripts", "without scripts"])
def customer(browser: Browser, base_url: str, ada: Customer, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    for signed_in in _one(browser, base_url, javascript=request.param):
        signed_in.sign_in(ada.email)
        yield signed_in


@pytest.fixture(scope="module", params=[True, False], ids=["with scripts", "without scripts"])
def staff(browser: Browser, base_url: str, sam: Customer, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    for signed_in in _one(browser, base_url, javascript=request.param):
        signed_in.sign_in(sam.email, at="/office/sign-in")
        yield signed_in


def _one(browser: Browser, base_url: str, *, javascript: bool) -> Iterator[Visitor]:
    one = visitor(browser, base_url, javascript=javascript)
    yield one
    one.close()


@pytest.mark.parametrize("page", FOR_ANYBODY, ids=lambda page: page.name)
def test_a_page_for_anybody_is_sound(anybody: Visitor, page: PageOf, shop: Shop, ada: Customer) -> None:
    _is_sound(anybody, page.at(shop, ada), status=404 if page.name == MISSING else 200)


@pytest.mark.parametrize("page", FOR_CUSTOMERS, ids=lambda page: page.name)
def test_a_customers_page_is_sound(customer: Visitor, page: PageOf, shop: Shop, ada: Customer) -> None:
    _is_sound(customer, page.at(shop, ada))


@pytest.mark.parametrize("page", FOR_STAFF, ids=lambda page: page.name)
def test_a_page_of_the_office_is_sound(staff: Visitor, page: PageOf, shop: Shop, ada: Customer) -> None:
    _is_sound(staff, page.at(shop, ada))


def test_a_page_in_learning_mode_is_sound(somebody: Callable[..., Visitor], base_url: str) -> None:
    learner = somebody()
    learner.context.add_cookies([{"name": "learning", "value": "on", "url": base_url}])

    _is_sound(learner, "/")
    assert learner.page.get_by_role("heading", name="What was asked for it").is_visible()


def _is_sound(visitor: Visitor, path: str, *, status: int = 200) -> None:
    """In each width and light: no complaint, nothing outside of the window, and axe has nothing against it."""
    visitor.complaints.clear()
    answer = visitor.go(path)
    assert answer.status == status
    expected = [] if status < 400 else [f"status of {status}"]
    for width, scheme in LOOKS if ALL else LOOKS[::5]:
        visitor.resize(width, scheme)
        assert visitor.too_wide() <= 0, f"{path} at {width} is {visitor.too_wide()} px too wide"
        found = visitor.violations()
        assert not found, f"{path} at {width}, {scheme}:\n" + "\n".join(found)
    surprising = [each for each in visitor.complaints if not any(word in each for word in expected)]
    assert not surprising, surprising
