"""A visitor looks around. Nothing is changed, and no door for developers is needed."""

from tests.journeys.shop import Shop


def test_a_visitor_finds_departments_goods_and_how_many_there_are(shop: Shop) -> None:
    departments = [each for each in shop.call("GET", "/api/v1/categories").json()["items"] if not each["parent"]]
    chosen = {"category": departments[0]["slug"], "limit": 5}
    inside = shop.call("GET", "/api/v1/products", params=chosen).json()["items"]
    found = shop.call("GET", "/api/v1/products", params={"q": inside[0]["name"].split()[0]}).json()["items"]
    product = shop.call("GET", f"/api/v1/products/{inside[0]['slug']}").json()

    assert inside[0]["slug"] in [each["slug"] for each in found]
    assert all(variant["available"] >= 0 for variant in product["variants"])
    assert shop.client.get(inside[0]["picture"]).headers["content-type"].startswith("image/svg+xml")


def test_a_page_that_has_not_changed_is_not_sent_again(shop: Shop) -> None:
    first = shop.call("GET", "/api/v1/categories")

    again = shop.call("GET", "/api/v1/categories", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_what_is_not_there_is_said_and_what_needs_a_login_asks_for_one(shop: Shop) -> None:
    nowhere = shop.call("GET", "/api/v1/products/nobody-sells-this")
    orders = shop.call("GET", "/api/v1/orders")

    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")
    assert (orders.status_code, orders.headers["content-type"]) == (401, "application/problem+json")


def test_the_interface_describes_itself(shop: Shop) -> None:
    document = shop.client.get("/api/openapi.json").json()

    assert "/api/v1/orders" in document["paths"]
    assert shop.client.get("/api/docs").status_code == 200
