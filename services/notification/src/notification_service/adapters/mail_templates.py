"""What mails look like: Jinja2 templates, one text and one HTML file a kind."""

import re
from decimal import Decimal
from email.message import EmailMessage

from babel.core import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notification_service.ports import Contact, Delivery

SUBJECTS = {
    "verify_email": "Please confirm your address",
    "reset_password": "Choose a new password",
    "security_alert": "Something has happened to your account",
    "order_confirmed": "Your order {number} is confirmed",
    "order_cancelled": "Your order {number} is cancelled",
    "order_shipped": "Your order {number} is on its way",
    "order_refunded": "Money back for your order {number}",
}
CANCELLED_BECAUSE = {
    "OUT_OF_STOCK": "somebody else bought the last one a moment earlier",
    "PAYMENT_DECLINED": "your payment was declined",
    "CUSTOMER": "as you asked",
    "STAFF": "our staff had to end it",
    "TIMED_OUT": "your payment did not come in time",
}
ALERTS = {
    "refresh_reused": "somebody used a session of yours that had been used elsewhere before. We have ended it",
    "password_changed": "your password was changed. Everybody else who was signed in to your account is signed out",
    "password_reset": "a new password was chosen by a link from your mail. Everybody who was signed in is signed out",
    "sessions_ended": "everybody who was signed in to your account is signed out",
    "account_disabled": "your account was closed by our staff, and everybody is signed out of it",
    "account_enabled": "your account was opened again by our staff",
}
UNKNOWN_ALERT = "something about its security has changed"
BREAKS = re.compile(r"[\r\n]+")


class MailTemplates:
    """Turns a delivery into a mail. `shop_url` is where its links lead."""

    def __init__(self, shop_url: str) -> None:
        self._shop_url = shop_url.rstrip("/")
        self._environment = Environment(
            loader=PackageLoader("notification_service", "adapters/templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def compose(self, delivery: Delivery, contact: Contact) -> EmailMessage:
        facts = {
            **delivery.facts,
            "name": contact.name,
            "shop_url": self._shop_url,
            "why": _why(delivery),
            "alert": ALERTS.get(str(delivery.facts.get("alert")), UNKNOWN_ALERT),
        }
        money = _money(contact.locale, str(delivery.facts.get("currency", "EUR")))
        message = EmailMessage()
        # A line break in a header would start another header.
        message["Subject"] = BREAKS.sub(" ", SUBJECTS[delivery.kind].format_map(delivery.facts))
        message.set_content(self._environment.get_template(f"{delivery.kind}.txt").render(facts, money=money))
        html = self._environment.get_template(f"{delivery.kind}.html").render(facts, money=money)
        message.add_alternative(html, subtype="html")
        return message


class _money:  # noqa: N801 - a filter, named as templates call it
    """Formats minor units in one currency and language: 1999 -> €19.99."""

    def __init__(self, locale: str, currency: str) -> None:
        self._currency = currency
        try:
            self._locale = Locale.parse(locale.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            self._locale = Locale("en")

    def __call__(self, minor: int) -> str:
        value = Decimal(minor).scaleb(-get_currency_precision(self._currency))
        return format_currency(value, self._currency, locale=self._locale)


def _why(delivery: Delivery) -> str | None:
    return CANCELLED_BECAUSE.get(str(delivery.facts.get("reason")))
