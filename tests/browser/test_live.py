"""An order's page follows what happens, without being loaded again."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from tests.browser import buying
from tests.browser.conftest import a_thing
from tests.browser.test_buying import ADDRESS, SAVED
from tests.browser.visitors import Visitor
from tests.journeys.shop import Shop

SOON_SECONDS = 1.0
SEEN = """
window.seenAt = new Promise(seen => {
  const look = () => document.body?.innerText.includes('It is yours') ? seen(Date.now()) : setTimeout(look, 10);
  look();
});
"""


def test_confirmed_is_shown_within_a_second_of_its_being_so(somebody: Callable[..., Visitor], shop: Shop) -> None:
    buyer = shop.customer()
    buyer.call("POST", "/api/v1/me/addresses", body={**ADDRESS, "default": True})
    buyer.card()
    visitor = somebody()
    visitor.sign_in(buyer.email)
    buying.put_in(visitor, a_thing(shop))
    buying.to_review(visitor, pay=SAVED)
    visitor.context.add_init_script(SEEN)

    buying.order(visitor)

    order_id = buying.order_page(visitor)
    seen_at = visitor.page.evaluate("window.seenAt") / 1000
    order = buyer.order_in(order_id, "CONFIRMED")
    confirmed_at = next(each["at"] for each in order["history"] if each["state"] == "CONFIRMED")
    late = seen_at - datetime.fromisoformat(confirmed_at).astimezone(UTC).timestamp()
    print(f"shown {1000 * late:.0f} ms after it was so")
    opened_at = visitor.page.evaluate("performance.timeOrigin") / 1000
    assert late <= SOON_SECONDS or opened_at + SOON_SECONDS >= seen_at, f"shown {late:.2f} s after it was so"
    assert time.time() >= seen_at
