"""An order's life told by everybody who had a part in it, on the rung that is quickest to raise."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from testkit.verify.journal import Journal

from tests.journeys.conftest import wait_until_ready
from tests.journeys.shop import Shop, eventually

CHECKOUT = Path(__file__).parents[2]
BOUGHT = [
    ("order", "PENDING, the customer asked for "),
    ("order", "says ReserveStock"),
    ("product", "says StockReserved"),
    ("order", "PENDING → RESERVED, because of StockReserved"),
    ("order", "says AuthorizePayment"),
    ("provider", "authorization of "),
    ("payment", "says PaymentAuthorized"),
    ("order", "RESERVED → AUTHORIZED, because of PaymentAuthorized"),
    ("order", "says CommitStock"),
    ("stock", "sale -2 of "),
    ("product", "says StockCommitted"),
    ("order", "AUTHORIZED → COMMITTED, because of StockCommitted"),
    ("order", "says CapturePayment"),
    ("provider", "capture of "),
    ("ledger", "capture "),
    ("payment", "says PaymentCaptured"),
    ("order", "COMMITTED → CONFIRMED, because of PaymentCaptured"),
    ("order", "says OrderConfirmed"),
    ("mail", "is confirmed” has come"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "demo", "--port", str(port)]
    demo = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, demo)
        with httpx2.Client(base_url=url, timeout=30) as client:
            yield Shop(client, Journal())
    finally:
        demo.terminate()
        assert demo.wait(timeout=30) == 0


def explain(shop: Shop, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "testkit.explain", "--url", str(shop.client.base_url), *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60)


def story_of(shop: Shop, order: str) -> list[dict[str, Any]]:
    return json.loads(explain(shop, order, "--json").stdout)["lines"]


@pytest.fixture(scope="module")
def bought(shop: Shop) -> dict[str, Any]:
    """A confirmed order of two pieces, with its mail."""
    customer, sku = shop.customer(), shop.staff().something_new(stock=5)
    order = customer.order_in(customer.checkout(**{sku: 2})["id"], "CONFIRMED")
    shop.mail(customer.email, f"{order['number']} is confirmed")
    return order


def test_every_station_has_its_line_and_all_are_in_order(shop: Shop, bought: dict[str, Any]) -> None:
    lines = story_of(shop, bought["id"])
    known = [each for each in lines if each["at"]]
    assert lines == known + [each for each in lines if not each["at"]]
    stations = iter(known)
    for who, what in BOUGHT:
        assert any(each["who"] == who and what in each["what"] for each in stations), f"{who}: {what}"
    assert [each["at"][:23] for each in known] == sorted(each["at"][:23] for each in known)


def test_it_says_who_worked_on_it_and_for_how_long(shop: Shop, bought: dict[str, Any]) -> None:
    def traced() -> list[str] | None:
        lines = [each["what"] for each in story_of(shop, bought["id"]) if each["who"] == "trace"]
        return lines if any("send email" in each for each in lines) else None

    told = eventually(traced, "the spans")
    for work in ("POST /api/v1/orders", "say ReserveStock.v1", "hear ReserveStock.v1", "provider capture"):
        assert any(each.startswith(f"demo: {work}, ") and each.endswith(" ms") for each in told), work


def test_what_has_no_time_comes_last_and_says_so(shop: Shop, bought: dict[str, Any]) -> None:
    text = explain(shop, bought["number"]).stdout.splitlines()
    assert text[0].startswith(f"Order {bought['number']} ({bought['id']}) is CONFIRMED; it began on ")
    unknown = [line.split("unknown", 1)[1].split(None, 1) for line in text if "time unknown" in line]
    assert [who for who, _ in unknown] == ["stock", "payment", "notification"]
    assert text[-3:] == [line for line in text if "time unknown" in line]


def test_a_cancelled_order_tells_why_it_came_to_nothing(shop: Shop) -> None:
    customer, sku = shop.customer(), shop.staff().something_new(stock=1)
    declined = customer.card("pm_card_chargeDeclined")
    order = customer.order_in(customer.checkout(declined, **{sku: 1})["id"], "CANCELLED")

    def told() -> str | None:
        text = explain(shop, order["id"]).stdout
        return text if "is cancelled” has come" in text else None

    text = eventually(told, "the mail in the story")
    assert "because of PaymentDeclined" in text
    assert "says StockReleased" in text
    assert "ledger" not in text


def test_an_order_that_nobody_knows_is_said_to_be_none(shop: Shop) -> None:
    ran = explain(shop, "M-NONE-NONE")
    assert (ran.returncode, ran.stderr) == (1, "There is no order M-NONE-NONE.\n")


def test_a_shop_that_does_not_answer_is_told_from_an_order_that_is_none() -> None:
    command = [sys.executable, "-m", "testkit.explain", "--url", "http://127.0.0.1:9", "M-NONE-NONE"]
    assert subprocess.run(command, cwd=CHECKOUT, capture_output=True, timeout=60).returncode == 2
