"""What Prometheus would read of every process after a day, held against the page that says what is counted."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import httpx2
import pytest
from dev.pages import STOREFRONT
from prometheus_client.parser import text_string_to_metric_families
from testkit.verify.journal import Journal

from tests.dev.rung import CHECKOUT, Rung, until
from tests.journeys.shop import Shop

RARE = {
    "shop_outbox_refused_total",
    "shop_pool_timeouts_total",
    "shop_requests_shed_total",
    "shop_holds_expired_total",
    "shop_payment_surprises_total",
    "shop_saga_given_up_total",
    "shop_saga_oldest_seconds",
    "shop_saga_refunds_failed_total",
    "shop_saga_repeats_total",
    "shop_saga_unexpected_replies_total",
    "shop_sms_attempts_total",
}
"""What does not happen on a good day; the suites of the chassis and of each service make it happen."""
ROW = re.compile(r"^\| `(shop_\w+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)

Samples = dict[str, float]


def declared() -> dict[str, dict[str, set[str]]]:
    """Service, or "every service" -> metric -> labels, as the page has them."""
    found: dict[str, dict[str, set[str]]] = {}
    for part in (CHECKOUT / "docs/metrics.md").read_text().split("\n## ")[1:]:
        service = part.partition("\n")[0].removeprefix("In ")
        found[service] = {row[1]: set(re.findall(r"\w+", row[3])) for row in ROW.finditer(part)}
    return found


def pages(rung: Rung) -> Iterator[tuple[str, str]]:
    """Service and text of `/metrics`, of both of its processes; the storefront has one."""
    for file in rung.home.settings.glob("*.json"):
        told = json.loads(file.read_text())
        for port in ("INTERNAL", "WORKER"):
            at = told.get(f"{file.stem.upper()}_{port}_PORT")
            if at is not None:
                yield file.stem, httpx2.get(f"http://127.0.0.1:{at}/metrics").raise_for_status().text


def read(rung: Rung) -> tuple[dict[str, Samples], dict[str, set[str]], set[str]]:
    """Service -> sums by metric; metric -> label names; every label's value."""
    sums: dict[str, Samples] = {}
    labels: defaultdict[str, set[str]] = defaultdict(set)
    values: set[str] = set()
    for service, page in pages(rung):
        mine = sums.setdefault(service, {})
        for family in text_string_to_metric_families(page):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            mine.setdefault(name, 0.0)
            for sample in family.samples:
                labels[name] |= sample.labels.keys() - {"le"}
                values |= set(sample.labels.values())
                if sample.name in (name, f"{name}_count"):
                    mine[name] += sample.value
    return sums, labels, values


@pytest.fixture
def shop(single: Rung) -> Iterator[Shop]:
    with httpx2.Client(base_url=single.url, timeout=20) as client:
        yield Shop(client, Journal())


def test_after_a_day_every_metric_is_there_and_what_counts_has_counted(single: Rung, shop: Shop) -> None:
    customer, sku = shop.customer(), shop.staff().something_new(stock=2)
    bought = customer.order_in(customer.checkout(**{sku: 1})["id"], "CONFIRMED")
    declined = customer.card("pm_card_chargeDeclined")
    customer.order_in(customer.checkout(declined, **{sku: 1})["id"], "CANCELLED")
    shop.mail(customer.email, f"{bought['number']} is confirmed")
    page = declared()

    def still() -> set[tuple[str, str]]:
        sums, _, _ = read(single)
        return {
            (service, name)
            for service, found in sums.items()
            for name in {**page["every service"], **page.get(service, {})}
            if name not in found or (_must_move(service, name) and not found[name])
        }

    until(lambda: not still(), "every metric to move")


def test_nothing_is_counted_that_the_page_does_not_name_and_nobody_is_a_label(single: Rung, shop: Shop) -> None:
    customer = shop.customer()
    sums, labels, values = read(single)
    page = declared()

    for service, found in sums.items():
        named = {**page["every service"], **page.get(service, {})}
        ours = {name for name in found if name.startswith("shop_")}
        assert ours == set(named)
        assert {name: labels[name] - set(named[name]) for name in ours if labels[name] - set(named[name])} == {}
    assert [each for each in values if "@" in each or customer.user_id in each or _is_id(each)] == []
    assert len(values) < 500


def _must_move(service: str, name: str) -> bool:
    """The oldest message of an outbox is nought on a good day; notification says nothing, and user hears nothing.
    The storefront does neither, and has no store."""
    if name in RARE or not name.endswith(("_total", "_seconds")) or name == "shop_outbox_oldest_unpublished_seconds":
        return False
    if service == STOREFRONT:
        return False
    if service == "notification" and name.startswith("shop_outbox"):
        return False
    return not (service == "user" and name.startswith("shop_deliver"))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
