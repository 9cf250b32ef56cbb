"""Drills of rules/messages.yml: what cannot leave, and what nobody could handle."""

import json
from base64 import b64decode

import httpx2

from monitoring.drill.drill import Drill
from monitoring.watch import until

LOST_EXCHANGE = "product.commands"
"""What order asks product for leaves by it."""
TYPE = "OrderConfirmed.v1"
DUE_SECONDS = 60


def order_outbox_stuck(drill: Drill) -> None:
    """The exchange for commands to product is gone, as after an import of old definitions."""
    alert = "OrderOutboxStuck"
    customer, sku = drill.shop.customer(), drill.shop.staff().something_new(stock=2)
    assert drill.watch.state(alert) == "inactive"
    place = f"{drill.run.door['management_url']}/api/exchanges/{drill.run.door['vhost']}/{LOST_EXCHANGE}"
    try:
        httpx2.delete(place, timeout=20).raise_for_status()
        drill.say(f"the broker has lost the exchange {LOST_EXCHANGE}")
        order = customer.checkout(**{sku: 1})
        drill.say(f"order {order['number']} is accepted")
        drill.see_it_fire(alert)
    finally:
        # A dev run has a virtual host of its own at the broker.
        drill.heal(alert, "--vhost", drill.run.door["vhost"])
    drill.see_it_end(alert, within=420)
    drill.see_mail("RESOLVED", alert, within=120)
    customer.order_in(order["id"], "CONFIRMED")
    drill.say(f"order {order['number']} is CONFIRMED")


def dead_letters(drill: Drill) -> None:
    """The message that a mail is owed for was given up, as after five attempts of a release with a bug."""
    alert = "DeadLetters"
    customer, sku = drill.shop.customer(), drill.shop.staff().something_new(stock=2)
    assert drill.watch.state(alert) == "inactive"
    try:
        with drill.away("notification-worker"):
            order = customer.checkout(**{sku: 1})
            customer.order_in(order["id"], "CONFIRMED")
            until(lambda: _give_up(drill, order["id"]), f"{TYPE} to lie in notification's queue", DUE_SECONDS)
        drill.say(f"order {order['number']} is CONFIRMED, and notification has given up on {TYPE}")
        drill.see_it_fire(alert, severity="ticket")
        assert _mails(drill, customer.email, order["number"]) == 0
    finally:
        drill.heal(alert, "--env", str(drill.run.home.settings))
    until(lambda: _mails(drill, customer.email, order["number"]) == 1, "the customer's mail", DUE_SECONDS)
    drill.say(f"{customer.email} has the mail about {order['number']}")
    drill.see_it_end(alert, within=180)


def _give_up(drill: Drill, order_id: str) -> bool:
    """Take what waits for notification, and put it back: what is about this order where the dead lie."""
    broker, vhost = drill.run.door["management_url"], drill.run.door["vhost"]
    found = False
    with httpx2.Client(base_url=broker, timeout=20) as client:
        asked = {"count": 1000, "ackmode": "ack_requeue_false", "encoding": "base64"}
        for each in client.post(f"/api/queues/{vhost}/notification.work/get", json=asked).raise_for_status().json():
            said = json.loads(b64decode(each["payload"]))
            dead = said["type"] == TYPE and said["aggregate_id"] == order_id
            exchange, key = ("notification.dlx", "") if dead else ("notification.internal", "work")
            told = {"routing_key": key, "payload_encoding": "base64"}
            letter = told | {name: each[name] for name in ("payload", "properties")}
            client.post(f"/api/exchanges/{vhost}/{exchange}/publish", json=letter).raise_for_status()
            found |= dead
    return found


def _mails(drill: Drill, to: str, number: str) -> int:
    return sum(number in each["subject"] for each in drill.shop.mails(to))
