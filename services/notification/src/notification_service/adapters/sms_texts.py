"""What text messages say: short enough to be one."""

from collections.abc import Mapping

from notification_service.ports import Delivery

TEXTS: Mapping[str, str] = {
    "order_confirmed": "Mercato: your order {number} is confirmed. {shop_url}/orders/{order_id}",
    "order_cancelled": "Mercato: your order {number} is cancelled. {shop_url}/orders/{order_id}",
    "order_shipped": "Mercato: your order {number} is on its way with {carrier}. {shop_url}/orders/{order_id}",
    "order_refunded": "Mercato: money for your order {number} is on its way to you. {shop_url}/orders/{order_id}",
    "security_alert": "Mercato: the security of your account has changed. See the mail we have sent you. If it was "
    "not you, choose a new password: {shop_url}",
}


class ShortTexts:
    """`shop_url` is where their links lead."""

    def __init__(self, shop_url: str) -> None:
        self._shop_url = shop_url.rstrip("/")

    def compose(self, delivery: Delivery) -> str:
        return TEXTS[delivery.kind].format_map({**delivery.facts, "shop_url": self._shop_url})
