"""What a first view costs: bytes, requests, and nothing that jumps."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.browser.pages import FOR_ANYBODY, PageOf
from tests.browser.visitors import Visitor
from tests.journeys.shop import Customer, Shop

MOST_BYTES = 100 * 1024
MOST_REQUESTS = 10
KEY_PAGES = [each for each in FOR_ANYBODY if each.name in {"home", "category", "search", "product", "empty cart"}]
TEXT = {"document", "stylesheet", "script"}
WATCH = """
window.jumps = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.jumps.push([entry.value, entry.sources.map(it => String(it.node?.className))]);
}).observe({ type: 'layout-shift', buffered: true });
"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("page", KEY_PAGES, ids=lambda page: page.name)
def test_a_first_view_keeps_to_its_budget(
    somebody: Callable[..., Visitor], page: PageOf, width: int, shop: Shop, ada: Customer, base_url: str
) -> None:
    new = somebody(width=width)
    new.context.add_init_script(WATCH)

    new.go(page.at(shop, ada))
    new.page.wait_for_load_state("networkidle")

    asked = [answer.request for answer in new.answers]
    sizes = {each: each.sizes()["responseBodySize"] for each in asked if each.resource_type in TEXT}
    told = {urlsplit(each.url).path: size for each, size in sizes.items()}
    assert sum(sizes.values()) <= MOST_BYTES, told
    assert len(asked) <= MOST_REQUESTS, [each.url for each in asked]
    assert {urlsplit(each.url).netloc for each in asked} == {urlsplit(base_url).netloc}
    assert new.page.evaluate("window.jumps") == []
    print(f"{page.name} at {width}: {sum(sizes.values()) / 1024:.1f} KB of text, {len(asked)} requests")


def test_no_page_runs_what_is_written_into_it(somebody: Callable[..., Visitor]) -> None:
    new = somebody()

    policy = new.go("/").headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
