"""Nothing is reached that the table does not name, however the path is written and whatever the headers claim."""

import asyncio
import json

import pytest
from gateway.table import SERVICES, Row, read_table

from .conftest import ORIGIN
from .raw import get, send
from .street import Street, until
from .tokens import bearer, token

pytestmark = pytest.mark.asyncio(loop_scope="session")

INSIDE = ("/metrics", "/livez", "/startupz", "/facts", "/facts/orders", "/internal/quote", "/quote")
ADMIN = (
    "/config_dump",
    "/stats",
    "/stats/prometheus",
    "/quitquitquit",
    "/clusters",
    "/server_info",
    "/drain_listeners",
)
WRITTEN = (
    "{}",
    "/{}",
    "/.{}",
    "/api/..{}",
    "/api/v1/products/../../..{}",
    "/api/v1/products/..;/..;{}",
    "/api/v1/products/..%2f..%2f..{}",
    "/api/v1/products/%2e%2e/%2e%2e/%2e%2e{}",
    "/api/v1/products%00{}",
    "/api/v1/products/..%5c..%5c..{}",
    "/api/v1/products\\..\\..{}",
    "/api/v1/products/..%252f..{}",
    "http://product{}",
)


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/", "/api/metrics", "/api/v1", "/api/v1/productsx", "/api/v1/staff", "/api/v2/products"),
        *("/.well-known/openid-configuration", "/.well-known/", "/dev", "/dev/facts/order", "/dev/mail/mails"),
    ],
)
async def test_what_is_not_in_the_table_does_not_exist_for_programs_and_is_no_page(shop: Street, path: str) -> None:
    reply = await get(shop.port, path)

    assert (reply.status, reply.slug) == (404, "not_found")
    assert all(not each.asked for each in shop.standins.values())


@pytest.mark.parametrize(
    "path", [*INSIDE, *ADMIN, "/", "/openapi.json", "/apis", "/developers", "/orders/1/live/x/..", "/wp-admin/"]
)
async def test_everything_else_is_asked_of_the_pages_and_of_nobody_else(shop: Street, path: str) -> None:
    await get(shop.port, path)

    assert [name for name, each in shop.standins.items() if each.asked] == ["storefront"]


async def test_no_spelling_leads_to_what_is_inside(shop: Street) -> None:
    spellings = [form.format(path) for path in (*INSIDE, *ADMIN) for form in WRITTEN]

    for path in spellings:
        before = len(shop.standins["storefront"].asked)
        reply = await get(shop.port, path)
        if len(shop.standins["storefront"].asked) == before:
            assert reply.status in (400, 404), path
            assert reply.headers["content-type"] == ["application/problem+json"], path

    reached = [each.path for name in SERVICES for each in shop.standins[name].asked]
    assert reached == []


@pytest.mark.parametrize(
    ("asked", "arrives"),
    [
        ("//api//v1///products", "/api/v1/products"),
        ("/api/v1/carts/../products/x", "/api/v1/products/x"),
        ("/api/v1/./products/%78", "/api/v1/products/x"),
    ],
)
async def test_a_path_arrives_in_one_spelling(shop: Street, asked: str, arrives: str) -> None:
    await get(shop.port, asked)

    paths = [each.path for standin in shop.standins.values() for each in standin.asked]
    assert paths in ([arrives], [arrives.replace("/x", "/%78")])


async def test_a_normalised_path_is_held_to_the_rules_of_where_it_leads(shop: Street) -> None:
    reply = await get(shop.port, "/api/v1/products/../staff/products/1")

    assert (reply.status, reply.slug) == (401, "not_signed_in")


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PROPFIND", "DEBUG", "FOO"])
async def test_unknown_methods_are_refused(shop: Street, method: str) -> None:
    reply = await send(shop.port, f"{method} /api/v1/products HTTP/1.1")

    assert reply.status in (400, 405)
    assert shop.standins["product"].asked == []


async def test_nobody_tunnels_through_us(shop: Street) -> None:
    reply = await send(shop.port, "CONNECT 127.0.0.1:5432 HTTP/1.1")

    assert reply.status in (400, 403, 404, 405)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_a_method_is_what_it_says_it_is(shop: Street, name: str) -> None:
    reply = await send(shop.port, "POST /api/v1/carts HTTP/1.1", f"{name}: DELETE", "Content-Length: 0")

    assert (reply.status, reply.slug) == (400, "bad_request")
    assert shop.standins["order"].asked == []


CLAIMS = (
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-For: 10.0.0.1, 127.0.0.1",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Prefix: /admin",
    "X-Forwarded-Client-Cert: By=spiffe://x",
    "Forwarded: for=203.0.113.9",
    "X-User-Id: 1",
    "X-User-Roles: admin",
    "X-Internal-Caller: order",
    "X-Envoy-Original-Path: /metrics",
    "X-Envoy-Upstream-Rq-Timeout-Ms: 1",
    "X-Envoy-Retry-On: 5xx",
    "X-Envoy-Internal: true",
    "X-Envoy-External-Address: 203.0.113.9",
    "X-Original-Url: /metrics",
)


async def test_what_a_client_says_about_itself_is_not_passed_on(shop: Street) -> None:
    reply = await get(shop.port, "/api/v1/carts/c", *CLAIMS)

    told = json.loads(reply.body)["headers"]
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "http"
    spoofed = {claim.partition(":")[0].lower() for claim in CLAIMS} - {"x-forwarded-for", "x-forwarded-proto"}
    kept = spoofed & set(told) - {"x-envoy-external-address"}
    assert kept == set()
    assert told.get("x-envoy-external-address", "127.0.0.1") == "127.0.0.1"


async def test_the_storefront_alone_may_say_for_whom_it_asks(shop: Street) -> None:
    assert shop.place.storefront is not None
    claim = "X-Forwarded-For: 203.0.113.9, 198.51.100.7"

    reply = await get(shop.place.storefront.at.port, "/api/v1/carts/c", claim, "X-User-Id: 1")

    told = json.loads(reply.body)["headers"]
    assert told["x-forwarded-for"] == "198.51.100.7"
    assert "x-user-id" not in told


@pytest.mark.parametrize("header", ["X_User_Id: 1", "Content_Length: 5", "Authorization_: x"])
async def test_headers_with_underscores_are_refused(shop: Street, header: str) -> None:
    reply = await get(shop.port, "/api/v1/carts/c", header)

    assert reply.status == 400
    assert shop.standins["order"].asked == []


async def test_every_row_leads_where_it_says(shop: Street, signing_key) -> None:
    headers = [f"Authorization: {bearer(token(signing_key))['authorization']}", f"Origin: {ORIGIN}"]
    rows = shop.table.rows

    replies = await asyncio.gather(
        *(
            send(shop.port, f"{row.method or 'GET'} {_below(row)}?n={n} HTTP/1.1", *headers)
            for n, row in enumerate(rows)
        )
    )

    assert [reply.status for reply in replies] == [200] * len(rows)
    for n, row in enumerate(rows):
        assert [each.path for each in shop.standins[row.service].asked if each.path.endswith(f"?n={n}")], row


def _below(row: Row) -> str:
    """A path that the row is meant for: at its end where a `*` says what lies between, else below it."""
    return row.prefix.replace("*", "1") if "*" in row.prefix else f"{row.prefix.rstrip('/')}/x"


async def test_a_star_is_one_part_of_a_path(shop: Street) -> None:
    live, others = ("/orders/star-1/live",), ("/orders/star/2/live", "/orders/star-3/live/x", "/orders/star-4/livex")
    for path in (*live, *others):
        await get(shop.port, path)

    def led() -> dict[str, str]:
        lines = map(json.loads, shop.log)
        return {line["path"]: line["route"] for line in lines if line["path"] in (*live, *others)}

    await until(lambda: len(led()) == 4, what="all lines are written")
    assert led() == {**dict.fromkeys(live, "/orders/*/live"), **dict.fromkeys(others, "/")}


async def test_the_first_match_wins_in_the_demo_as_in_envoy() -> None:
    owners: dict[str, str] = {}
    for row in read_table().rows:
        assert owners.setdefault(row.prefix, row.service) == row.service
