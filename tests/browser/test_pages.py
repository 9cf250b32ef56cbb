"""Every page, with and without scripts, on a phone, a tablet and a desk, by day and by night."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.pages import FOR_ANYBODY, FOR_CUSTOMERS, FOR_STAFF, PageOf
from tests.browser.soundness import is_sound
from tests.browser.visitors import Visitor, visitor
from tests.journeys.shop import Customer, Shop

MISSING = "nothing there"
SOURCES = "sources"


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
    missing = page.name == MISSING or (page.name == SOURCES and not sources_are_shown(shop))
    is_sound(anybody, page.at(shop, ada), status=404 if missing else 200)


def sources_are_shown(shop: Shop) -> bool:
    """Images have none, and then no page may lead there."""
    return 'href="/behind/' in shop.client.get("/", headers={"Cookie": "learning=on"}).text


@pytest.mark.parametrize("page", FOR_CUSTOMERS, ids=lambda page: page.name)
def test_a_customers_page_is_sound(customer: Visitor, page: PageOf, shop: Shop, ada: Customer) -> None:
    is_sound(customer, page.at(shop, ada))


@pytest.mark.parametrize("page", FOR_STAFF, ids=lambda page: page.name)
def test_a_page_of_the_office_is_sound(staff: Visitor, page: PageOf, shop: Shop, ada: Customer) -> None:
    is_sound(staff, page.at(shop, ada))


def test_a_page_in_learning_mode_is_sound(somebody: Callable[..., Visitor], base_url: str) -> None:
    learner = somebody()
    learner.context.add_cookies([{"name": "learning", "value": "on", "url": base_url}])

    is_sound(learner, "/")
    assert learner.page.get_by_role("heading", name="What was asked for it").is_visible()
