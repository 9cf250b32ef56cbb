"""A day at the demo with everything logged: what whoever watches must find there, and what nobody may."""

import json
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from testkit.verify.journal import Journal

from tests.journeys.conftest import wait_until_ready
from tests.journeys.shop import HOME, PASSWORD, Shop

CHECKOUT = Path(__file__).parents[2]
CARD = "4242424242424242"
PHONE = "+4930901820"
NEW_PASSWORD = "nine grey geese over the dyke"
FORGED = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJhZGEifQ.Zm9yZ2Vk"
WATCHED = {
    "security.signed_in",
    "security.sign_in_failed",
    "security.refused",
    "security.staff_act",
    "security.password_reset",
    "security.password_changed",
    "security.sessions_ended",
    "security.refresh_reused",
    "security.user_disabled",
    "security.user_enabled",
}


@dataclass(frozen=True)
class Told:
    """All that was logged, and what must not be in it."""

    text: str
    canaries: dict[str, str]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("logs") / "demo.log"
    command = [sys.executable, "-m", "demo", "--port", str(port), "--log-level", "DEBUG"]
    with log.open("wb") as out:
        demo = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, demo)
        with httpx2.Client(base_url=url, timeout=30) as client:
            canaries = a_day(Shop(client, Journal()))
    finally:
        demo.terminate()
        assert demo.wait(timeout=30) == 0
    return Told(log.read_text(), canaries)


def a_day(shop: Shop) -> dict[str, str]:
    """Good and bad, in every room where something private passes; what it was."""
    ada, staff = shop.customer(), shop.staff()
    tokens = {"access token": ada.access, "refresh token": ada.refresh, "staff's token": staff.access}
    ada.call("PATCH", "/api/v1/me", body={"phone": PHONE})
    sku = staff.something_new(stock=3)
    order = ada.order_in(ada.checkout(**{sku: 1})["id"], "CONFIRMED")
    shop.mail(ada.email, f"{order['number']} is confirmed")
    declined = ada.card("pm_card_chargeDeclined")
    ada.order_in(ada.checkout(declined, **{sku: 1})["id"], "CANCELLED")
    refused = ada.call("POST", "/api/v1/me/addresses", body={**HOME, "name": CARD})
    stranger = shop.call("POST", "/api/v1/sessions", body={"email": ada.email, "password": f"not {PASSWORD}"})
    forged = shop.call("GET", "/api/v1/me", token=FORGED)
    not_hers = ada.call("GET", f"/api/v1/users?email={ada.email}")
    assert [each.status_code for each in (refused, stranger, forged, not_hers)] == [422, 401, 401, 403]

    changed = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert ada.call("POST", "/api/v1/me/password", body=changed).is_success
    reset = reset_password(shop, ada.email)
    ada.sign_in()
    stolen = steal(shop, ada.refresh)
    ada.sign_in()
    assert ada.call("DELETE", "/api/v1/sessions").is_success
    for what, body in (("disable", {"reason": "for a while"}), ("enable", {})):
        assert staff.call("POST", f"/api/v1/users/{ada.user_id}/{what}", body=body).status_code == 200
    return {
        "e-mail": ada.email,
        "password": PASSWORD,
        "new password": NEW_PASSWORD,
        "name": "Ada Example",
        "street": HOME["line1"],
        "telephone": PHONE,
        "card": CARD,
        "user's id": ada.user_id,
        "reset token": reset,
        "stolen token": stolen,
        "forged token": FORGED,
        **tokens,
    }


def steal(shop: Shop, token: str) -> str:
    """Go on with a session twice, and then come with its first token again."""
    following = token
    for _ in range(2):
        answer = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": following})
        following = answer.json()["refresh_token"]
    assert shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": token}).status_code == 401
    return token


def reset_password(shop: Shop, email: str) -> str:
    """Forget the password, and choose the old one again; the token of the link."""
    shop.call("POST", "/api/v1/users/password-resets", body={"email": email})
    link = re.search(r"reset-password\?token=(\S+)", shop.mail(email, "Choose a new password")["text"])
    assert link is not None
    body = {"token": link[1], "password": PASSWORD}
    assert shop.call("POST", "/api/v1/users/password-resets/confirm", body=body).status_code == 204
    return link[1]


def test_nothing_private_is_in_any_line(told: Told) -> None:
    print(f"{len(told.text.splitlines())} lines, {len(told.canaries)} canaries")
    assert len(told.lines) > 20
    assert [name for name, canary in told.canaries.items() if canary in told.text] == []


def test_whoever_watches_finds_what_happened(told: Told) -> None:
    assert WATCHED - {line["event"] for line in told.lines} == set()
    refused = {(line["status"], line["why"]) for line in told.lines if line["event"] == "security.refused"}
    assert {(401, "not_signed_in"), (403, "forbidden")} <= refused


def test_every_line_names_its_room_and_service_and_the_routes_are_templates(told: Told) -> None:
    for line in told.lines:
        assert {"event", "service", "level", "timestamp"} <= line.keys()
        assert not re.search(r"/[0-9a-f]{8}-[0-9a-f]{4}-", str(line.get("route")))
