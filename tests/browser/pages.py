"""Every page of the shop, and whom it is for."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.journeys.shop import Customer, Json, Shop

Address = Callable[[Shop, Customer], str]


@dataclass(frozen=True)
class PageOf:
    """`path` may have to be looked up: an order's page has an order."""

    name: str
    path: str | Address
    for_: str = "anybody"

    def at(self, shop: Shop, ada: Customer) -> str:
        return self.path if isinstance(self.path, str) else self.path(shop, ada)


def _product(shop: Shop, _ada: Customer) -> str:
    return f"/products/{shop.call('GET', '/api/v1/products?sort=popular&limit=1').json()['items'][0]['slug']}"


def _order(_shop: Shop, ada: Customer) -> str:
    answer = ada.call("GET", "/api/v1/orders")
    if answer.status_code == 401:  # all looks take longer than a token lives
        ada.sign_in()
        answer = ada.call("GET", "/api/v1/orders")
    return f"/orders/{answer.json()['items'][0]['id']}"


FOR_ANYBODY = (
    PageOf("home", "/"),
    PageOf("category", "/categories/kitchen"),
    PageOf("search", "/search?q=mug"),
    PageOf("search without a hit", "/search?q=zzzzzzqq"),
    PageOf("product", _product),
    PageOf("empty cart", "/cart"),
    PageOf("sign in", "/sign-in"),
    PageOf("sign up", "/sign-up"),
    PageOf("forgotten password", "/forgotten-password"),
    PageOf("from the mail: verify", "/verify-email?token=of-a-mail"),
    PageOf("from the mail: reset", "/reset-password?token=of-a-mail"),
    PageOf("sources", "/behind/gateway/routes.yaml"),
    PageOf("nothing there", "/products/nothing-of-this-name"),
    PageOf("office sign in", "/office/sign-in"),
)
FOR_CUSTOMERS = (
    PageOf("cart", "/cart", "customer"),
    PageOf("checkout address", "/checkout/address", "customer"),
    PageOf("account", "/account", "customer"),
    PageOf("orders", "/account/orders", "customer"),
    PageOf("order", _order, "customer"),
    PageOf("profile", "/account/profile", "customer"),
    PageOf("new address", "/account/addresses/new", "customer"),
    PageOf("new password", "/account/security/password", "customer"),
    PageOf("addresses", "/account/addresses", "customer"),
    PageOf("security", "/account/security", "customer"),
    PageOf("messages", "/account/messages", "customer"),
    PageOf("preferences", "/account/preferences", "customer"),
    PageOf("cards", "/account/cards", "customer"),
)


def _in_office(path: str) -> Address:
    return lambda shop, ada: path.format(order=_order(shop, ada).rpartition("/")[2])


def _product_of_office(shop: Shop, _ada: Customer) -> str:
    return f"/office/products/{_newest(shop)['id']}"


def _stock_of_office(shop: Shop, _ada: Customer) -> str:
    return f"/office/stock/{_newest(shop)['variants'][0]['sku']}"


def _newest(shop: Shop) -> Json:
    return shop.staff().call("GET", "/api/v1/staff/products?limit=1").json()["items"][0]


FOR_STAFF = (
    PageOf("figures", "/office", "staff"),
    PageOf("office orders", "/office/orders", "staff"),
    PageOf("office order", _in_office("/office/orders/{order}"), "staff"),
    PageOf("saga", _in_office("/office/orders/{order}/saga"), "staff"),
    PageOf("office products", "/office/products", "staff"),
    PageOf("office product", _product_of_office, "staff"),
    PageOf("office stock", _stock_of_office, "staff"),
    PageOf("office users", "/office/users", "staff"),
    PageOf("office user", lambda _shop, ada: f"/office/users?email={ada.email}", "staff"),
    PageOf("dead letters", "/office/dead-letters", "staff"),
)
