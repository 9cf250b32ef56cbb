"""Every public route and everybody who may knock: what happens is what authz.yaml says, and nothing else."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from chassis.authz import Route, Rule, read_table
from demo.documents.openapi import merged, service_documents
from simulators.visitor.shopping import ADDRESS, COUNTRY, fill_cart

from tests.security.cast import ROLES, Cast

SERVICES = ("user", "product", "order", "payment", "notification")
DECLARED = {route: (each, rule) for each in SERVICES for route, rule in read_table(f"{each}_service.api").items()}
ENDS_THE_SESSION = {("DELETE", "/api/v1/sessions/current"), ("DELETE", "/api/v1/sessions")}
MERGE = ("POST", "/api/v1/cart/merge")
NAMES = ("order_id", "cart_id", "method_id", "address_id", "session_id")
"""What names a thing of somebody's."""
PARAMETER = re.compile(r"\{(\w+)\}")


def test_the_document_and_the_tables_name_the_same_routes() -> None:
    paths = merged(service_documents())["paths"]

    assert {(verb.upper(), path) for path, verbs in paths.items() for verb in verbs} == DECLARED.keys()


def declared(rule: Rule, who: str) -> int:
    """401, 403, or 200 for whatever the handler says: from the table alone."""
    if rule.who == {"anonymous"}:
        return 200
    if who == "anonymous":
        return 200 if "anonymous" in rule.who else 401
    if who not in ROLES:
        return 401
    return 200 if rule.who & ROLES[who] else 403


def nowhere(path: str) -> str:
    """The path of something that does not exist."""
    return PARAMETER.sub(lambda found: str(uuid4()) if found[1].endswith("_id") else "nothing-here", path)


async def status(app: Any, method: str, path: str, token: str | None) -> int:
    """The first line of the answer. Streams are left as soon as they begin."""
    answered, heard, found = asyncio.Event(), False, 0

    async def receive() -> dict[str, Any]:
        nonlocal heard
        if not heard:
            heard = True
            return {"type": "http.request", "body": b"{}", "more_body": False}
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        nonlocal found
        if event["type"] == "http.response.start":
            found = event["status"]
            answered.set()

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"2")]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    async with asyncio.timeout(30):
        await app(scope, receive, send)
    return found


async def test_everybody_gets_what_the_table_says(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, cells = [], 0
    for who in ("anonymous", *ROLES, *cast.bad):
        for (method, path), (service, rule) in DECLARED.items():
            token = cast.bad.get(who) or cast.tokens.get(who)
            got = await status(cast.street.houses[service].apps.public, method, nowhere(path), token)
            expected = declared(rule, who)
            cells += 1
            if got >= 500 or (got if got in {401, 403} else 200) != expected:
                wrong.append(f"{who}: {method} {path}: {got}, declared {expected}")
            if who in ROLES and expected == 200 and (method, path) in ENDS_THE_SESSION:
                await cast.sign_in(who)
    with capsys.disabled():
        print(f"\nauthorisation matrix: {cells} cells, {len(DECLARED)} routes")

    assert wrong == []
    assert cells == len(DECLARED) * 15


async def test_what_belongs_to_somebody_else_answers_like_what_does_not_exist(cast: Cast) -> None:
    mine, sign = await belongings(cast), cast.street.houses["order"].apps.public.state.service.cart_ids.sign
    missing = {**mine, **{name: str(uuid4()) for name in NAMES}, "cart_id": sign(uuid4())}
    owned = sorted((route for route, (_, rule) in DECLARED.items() if rule.ownership == "principal"), key=deletes)
    seen = 0

    for method, path in owned:
        for who in (*(each for each in ROLES if each != "owner"), None):
            if who is None and "anonymous" not in DECLARED[method, path][1].who:
                continue
            foreign = await knock(cast, (method, path), who, mine)
            absent = await knock(cast, (method, path), who, missing)

            assert foreign.status_code == 404, f"{who}: {method} {path}: {foreign.text}"
            assert foreign.status_code == absent.status_code
            assert without_trace(foreign.json()) == without_trace(absent.json()), f"{who}: {method} {path}"
            seen += 1
    assert seen >= 3 * len(owned) > 0
    # The same requests, by whom they are for: it was the asker that was wrong, not the request.
    nobodys = (await cast.ask("POST", "/api/v1/carts", None, json={"currency": "EUR"})).json()["id"]
    for route in owned:
        # Only a cart that nobody owns can be merged into one's own.
        things = {**mine, "cart_id": nobodys} if route == MERGE else mine
        answer = await knock(cast, route, "owner", things)
        assert answer.status_code not in {401, 403, 404, 422}, f"{route}: {answer.text}"


def deletes(route: Route) -> bool:
    return route[0] == "DELETE"


def without_trace(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "trace"}


async def belongings(cast: Cast) -> dict[str, str]:
    """One of everything that a customer can have, by the name that paths and bodies have for it."""
    ready = await fill_cart(cast.shop, cast.tokens["owner"])
    bought = await cast.ask("POST", "/api/v1/orders", "owner", json=json.loads(ready.order_body))
    assert bought.status_code == 202, bought.text
    checkout = json.loads((await fill_cart(cast.shop, cast.tokens["owner"])).order_body)
    del cast.shop.headers["Authorization"]
    cart = (await cast.ask("GET", f"/api/v1/carts/{checkout['cart_id']}", "owner")).json()
    address = await cast.ask("POST", "/api/v1/me/addresses", "owner", json=ADDRESS)
    await cast.sign_in("owner")
    sessions = (await cast.ask("GET", "/api/v1/sessions", "owner")).json()["items"]
    return {
        "order_id": bought.json()["id"],
        "cart_id": cart["id"],
        "sku": cart["lines"][0]["sku"],
        "shipping_method": checkout["shipping_method"],
        "quote_hash": checkout["quote_hash"],
        "method_id": checkout["payment"]["method_id"],
        "address_id": address.json()["id"],
        "session_id": next(each["id"] for each in sessions if not each["current"]),
    }


async def knock(cast: Cast, route: Route, who: str | None, things: Mapping[str, str]) -> httpx2.Response:
    """A request that is good in everything but, perhaps, whose thing it is about."""
    method, path = route
    agreed = {"cart_id": things["cart_id"], "shipping_method": things["shipping_method"]}
    bodies: dict[Route, Any] = {
        ("PUT", "/api/v1/me/addresses/{address_id}"): {**ADDRESS, "default": True},
        ("PUT", "/api/v1/carts/{cart_id}/lines/{sku}"): {"quantity": 2},
        MERGE: {"cart_id": things["cart_id"]},
        ("POST", "/api/v1/quotes"): {**agreed, "country": COUNTRY},
        ("POST", "/api/v1/orders"): {
            **agreed,
            "address": ADDRESS,
            "payment": {"method_id": things["method_id"]},
            "quote_hash": things["quote_hash"],
        },
        ("POST", "/api/v1/orders/{order_id}/cancel"): {},
    }
    filled = PARAMETER.sub(lambda found: things[found[1]], path)
    return await cast.ask(method, filled, who, **({"json": bodies[route]} if route in bodies else {}))
