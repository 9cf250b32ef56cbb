"""Somebody is told what happens to their orders: in the feed, as it happens, and on the telephone."""

import json
from typing import Any
from uuid import uuid4

from tests.journeys.live import PATH, stream
from tests.journeys.shop import Customer, Shop, eventually
from tests.journeys.test_buying import a_bestseller

FEED = "/api/v1/notifications"
ENDS = ("order_confirmed", "order_cancelled")


def feed(somebody: Customer) -> dict[str, Any]:
    answer = somebody.call("GET", FEED)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(somebody: Customer, count: int) -> dict[str, Any]:
    """The feed, once it has so many notices."""

    def enough() -> dict[str, Any] | None:
        seen = feed(somebody)
        return seen if len(seen["items"]) >= count else None

    return eventually(enough, f"{count} notices")


def buy(somebody: Customer, card: str) -> dict[str, Any]:
    order = somebody.checkout(card, **{a_bestseller(somebody.shop): 1})
    return somebody.order_in(order["id"], "CONFIRMED", "CANCELLED")


def test_what_happened_to_an_order_stands_in_the_feed_until_it_was_read(shop: Shop) -> None:
    ada = shop.customer()
    assert feed(ada)["unread"] == 0

    bought = buy(ada, ada.card())
    refused = buy(ada, ada.card("pm_card_chargeDeclined"))

    seen = told(ada, 2)
    assert [(each["kind"], each["order_id"]) for each in seen["items"]] == [
        ("order_cancelled", refused["id"]),
        ("order_confirmed", bought["id"]),
    ]
    assert seen["items"][1]["facts"]["number"] == bought["number"]
    assert seen["unread"] == 2
    assert ada.call("POST", f"{FEED}/read", body={"up_to": seen["items"][0]["id"]}).status_code == 204
    assert feed(ada)["unread"] == 0


def test_a_stream_that_broke_goes_on_with_nothing_lost_and_nothing_twice(shop: Shop) -> None:
    ada = shop.customer()
    card = ada.card()
    with stream(shop.client, ada.access) as live:
        first = ada.checkout(card, **{a_bestseller(shop): 1})
        before = live.until(*ENDS)
        last = live.last
    # Nobody listens while the second order is bought and the first one taken back.
    second = buy(ada, card)
    ada.cancel(first["id"])
    ada.order_in(first["id"], "CANCELLED")
    told(ada, 3)

    with stream(shop.client, ada.access, after=last) as live:
        missed = [*live.until(*ENDS), *live.until(*ENDS)]
        third = ada.checkout(card, **{a_bestseller(shop): 1})
        after = live.until(*ENDS)

    events = [*before, *missed, *after]
    steps = [each for each in before if each.get("kind") in {"order_progressed", *ENDS}]
    told_of = {each["facts"].get("state", "CONFIRMED"): each["facts"]["version"] for each in steps}
    assert told_of["CONFIRMED"] == 5
    assert told_of.items() <= {"RESERVED": 2, "AUTHORIZED": 3, "COMMITTED": 4, "CONFIRMED": 5}.items()
    assert [each["id"] for each in events] == list(range(1, len(events) + 1))
    assert sorted((each["kind"], each["order_id"]) for each in events if each["kind"] in ENDS) == sorted(
        [
            ("order_confirmed", first["id"]),
            ("order_confirmed", second["id"]),
            ("order_cancelled", first["id"]),
            ("order_confirmed", third["id"]),
        ]
    )


def test_a_feed_and_its_stream_are_nobody_elses(shop: Shop) -> None:
    ada, mallory = shop.customer(), shop.customer()

    with stream(shop.client, mallory.access) as live:
        order = buy(ada, ada.card())
        told(ada, 1)
        own = buy(mallory, mallory.card())
        heard = live.until(*ENDS)

    assert {each["order_id"] for each in heard} == {own["id"]}
    assert order["id"] not in {each["order_id"] for each in told(mallory, 1)["items"]}
    assert shop.call("GET", FEED).status_code == 401
    assert shop.call("GET", PATH).status_code == 401


def a_telephone(somebody: Customer) -> str:
    """A number of their own, and the shop knows it."""
    number = f"+49171{int(somebody.user_id.replace('-', ''), 16) % 10**8:08}"
    assert somebody.call("PATCH", "/api/v1/me", body={"phone": number}).status_code == 200
    return number


def texts(shop: Shop, number: str) -> list[str]:
    return [each["body"] for each in shop.door("GET", "sms/messages", params={"to": number}).json()]


def text(shop: Shop, number: str, about: str) -> str:
    def come() -> str | None:
        return next((each for each in texts(shop, number) if about in each), None)

    return eventually(come, f"a text message about {about} to {number}")


def ship(shop: Shop, order: dict[str, Any]) -> None:
    body = {"carrier": "DHL", "tracking": "00340434161094000000"}
    answer = shop.staff().call("POST", f"/api/v1/staff/orders/{order['id']}/ship", body=body, key=str(uuid4()))
    assert answer.status_code < 300, answer.text


def test_a_parcel_is_announced_on_the_telephone(shop: Shop) -> None:
    ada = shop.customer()
    number = a_telephone(ada)
    order = buy(ada, ada.card())
    told(ada, 1)

    ship(shop, order)

    assert f"{order['number']} is on its way with DHL" in text(shop, number, order["number"])
    seen = told(ada, 2)
    assert (seen["items"][0]["kind"], seen["items"][0]["order_id"]) == ("order_shipped", order["id"])
    assert shop.mail(ada.email, "is on its way")
    assert len(texts(shop, number)) == 1


def test_whoever_wants_no_parcels_announced_gets_neither_text_nor_mail(shop: Shop) -> None:
    ada = shop.customer()
    number = a_telephone(ada)
    silent = {"items": [{"kind": "order_shipped", "email": False, "sms": False}]}
    assert ada.call("PUT", "/api/v1/notification-preferences", body=silent).status_code == 200

    order = buy(ada, ada.card())
    ship(shop, order)

    def decided() -> dict[str, str] | None:
        """Channel -> what became of it, once something has."""
        facts = [json.loads(line) for line in shop.door("GET", "facts/notification").text.splitlines()]
        owed = [each for each in facts if each.get("order_id") == order["id"] and each["type"] == "order_shipped"]
        states = {each["channel"]: each["state"] for each in owed}
        return states if states and "QUEUED" not in states.values() else None

    assert eventually(decided, "a decision about the parcel's mail") == {"email": "SUPPRESSED"}
    assert told(ada, 2)["items"][0]["kind"] == "order_shipped"
    assert texts(shop, number) == []


def test_mails_about_money_come_whether_one_likes_them_or_not(shop: Shop) -> None:
    ada = shop.customer()
    silent = {"items": [{"kind": "order_confirmed", "email": False, "sms": False}]}

    refused = ada.call("PUT", "/api/v1/notification-preferences", body=silent)

    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:mercato:problem:must_be_mailed"


def test_a_number_that_does_not_exist_stops_neither_mail_nor_feed(shop: Shop) -> None:
    ada = shop.customer()
    number = a_telephone(ada)
    order = buy(ada, ada.card())
    shop.door("POST", "sms/control/faults", json={"kind": "invalid_number", "to": number})

    ship(shop, order)

    assert shop.mail(ada.email, "is on its way")
    assert told(ada, 2)["items"][0]["kind"] == "order_shipped"
    eventually(lambda: shop.door("GET", "sms/control/faults").json() == [] or None, "the fault to have happened")
    assert texts(shop, number) == []
