"""Every answer carries the whole set of security headers, whoever gave it; every refusal is a problem+json."""

import asyncio
from pathlib import Path

import pytest
import yaml
from gateway.people import SECURITY
from gateway.place import Service
from gateway.table import SERVICES, Row

from .conftest import ORIGIN
from .raw import Reply, exchange, get, send
from .standin import DROP, Answer, Asked
from .street import Street, replicas, table_with, until
from .tokens import bearer, token

pytestmark = pytest.mark.asyncio(loop_scope="session")

SET = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-site",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
INJECTED = "envoy.resource_monitors.injected_resource"
INJECTED_TYPE = "type.googleapis.com/envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig"
NEVER = ("server", "x-powered-by", "via")
HUGE = "X-Filler: " + "x" * 40_000


def assert_complete(reply: Reply, *, csp: str | None = None, referrer: str | None = None) -> None:
    """Each header once, with its value; nothing that tells what we are made of."""
    better = {"content-security-policy": csp, "referrer-policy": referrer}
    expected = {**SET, **{name: value for name, value in better.items() if value}}
    assert {name: reply.headers.get(name) for name in expected} == {name: [value] for name, value in expected.items()}
    assert [name for name in reply.headers if name in NEVER or name.startswith("x-envoy-")] == []
    assert len(reply.headers["cache-control"]) == 1


def assert_problem(reply: Reply, status: int, slug: str) -> None:
    assert (reply.status, reply.slug, reply.problem["status"]) == (status, slug, status)
    assert reply.headers["content-type"] == ["application/problem+json"]
    assert reply.headers["cache-control"] == ["no-store"]
    assert set(reply.problem) == {"type", "title", "status", "detail", "trace"}


async def test_an_answer_of_a_service(shop: Street) -> None:
    assert_complete(await get(shop.port, "/api/v1/carts/c"))


async def test_a_refusal_of_a_service_passes_as_it_is(shop: Street) -> None:
    async def refuse(_asked: Asked) -> Answer:
        return Answer(409, b'{"type":"urn:mercato:problem:cart_empty"}', {"content-type": "application/problem+json"})

    shop.standins["order"].behave = refuse

    reply = await get(shop.port, "/api/v1/carts/c")

    assert_complete(reply)
    assert (reply.status, reply.slug) == (409, "cart_empty")


async def test_a_service_may_be_stricter_about_its_own_content(shop: Street) -> None:
    async def picture(_asked: Asked) -> Answer:
        return Answer(headers={"content-type": "image/svg+xml", "content-security-policy": "sandbox"})

    shop.standins["product"].behave = picture

    assert_complete(await get(shop.port, "/api/v1/pictures/a.svg"), csp="sandbox")


async def test_a_page_says_better_what_it_needs_and_carries_the_rest_of_the_set(shop: Street) -> None:
    """With `no-referrer`, browsers would say `Origin: null` of the forms on it."""
    own = {"content-security-policy": "default-src 'self'", "referrer-policy": "same-origin"}

    async def page(_asked: Asked) -> Answer:
        more = {"cross-origin-opener-policy": "same-origin", "x-content-type-options": "nosniff"}
        return Answer(headers={"content-type": "text/html", **own, **more})

    shop.standins["storefront"].behave = page

    reply = await get(shop.port, "/products/a-book")

    assert_complete(reply, csp="default-src 'self'", referrer="same-origin")
    assert reply.headers["cross-origin-opener-policy"] == ["same-origin"]


@pytest.mark.parametrize("path", ["/api/openapi.json", "/readyz", "/api/v1/products", "/.well-known/jwks.json"])
async def test_what_we_answer_ourselves(shop: Street, path: str) -> None:
    reply = await get(shop.port, path)

    assert reply.status == 200
    assert_complete(reply)


async def test_the_page_of_documents_may_use_its_own_style_and_nothing_else(shop: Street) -> None:
    reply = await get(shop.port, "/api/docs")

    assert_complete(reply, csp="default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    assert reply.headers["content-type"] == ["text/html"]
    assert reply.body == (shop.folder / "docs.html").read_bytes()


@pytest.mark.parametrize(
    ("status", "slug", "request_"),
    [
        (400, "bad_request", ("GET /api/v1/products%2f.. HTTP/1.1",)),
        (400, "bad_request", ("GET /api/v1/products HTTP/1.1", "X_A: b")),
        (401, "not_signed_in", ("GET /api/v1/orders HTTP/1.1",)),
        (404, "not_found", ("GET /api/v1/nowhere HTTP/1.1",)),
        (405, "method_not_allowed", ("PROPFIND /api/v1/products HTTP/1.1",)),
        (413, "body_too_large", ("POST /api/v1/carts HTTP/1.1", "Content-Length: 10485760")),
        (431, "headers_too_large", ("GET /api/v1/products HTTP/1.1", HUGE)),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_refusals_at_the_edge(shop: Street, status: int, slug: str, request_: tuple[str, ...]) -> None:
    reply = await send(shop.port, *request_, body=b"x" * 2_000_000 if status == 413 else b"")

    assert_problem(reply, status, slug)
    assert_complete(reply)


@pytest.mark.parametrize(
    "text",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /api/v1/products HTTP/1.1\r\n\r\n",
        b"GET /api/v1/products HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET /api/v1/products HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_refused_in_the_same_words(shop: Street, text: bytes) -> None:
    reply = await exchange(shop.port, text)

    assert_problem(reply, 400, "bad_request")
    assert_complete(reply)
    assert all(not each.asked for each in shop.standins.values())


async def test_a_service_that_hangs_up_is_a_503(shop: Street) -> None:
    async def drop(_asked: Asked) -> str:
        return DROP

    shop.standins["order"].behave = drop

    reply = await send(shop.port, "POST /api/v1/carts HTTP/1.1", "Content-Length: 0")

    assert_problem(reply, 503, "unavailable")
    assert_complete(reply)
    assert reply.headers["retry-after"] == ["1"]


async def test_too_slow_and_nobody_there_are_answered_in_time(tmp_street, signing_key) -> None:
    quick = Row("/api/v1/quick", "order", "cart", auth="public", timeout=1, body=1024)

    async def never(_asked: Asked) -> str:
        await asyncio.Event().wait()
        return DROP

    async with tmp_street(table=table_with(quick)) as shop:
        shop.standins["order"].behave = never
        late = await get(shop.port, "/api/v1/quick/x")
        await shop.standins["payment"].stop()
        away = await get(
            shop.port, "/api/v1/payment-methods", f"Authorization: {bearer(token(signing_key))['authorization']}"
        )

    assert_problem(late, 504, "timeout")
    assert_complete(late)
    assert_problem(away, 503, "unavailable")
    assert_complete(away)


async def test_a_time_out_is_told_alike_from_behind_the_cache(tmp_street) -> None:
    async def never(_asked: Asked) -> str:
        await asyncio.Event().wait()
        return DROP

    async with tmp_street() as shop:
        shop.standins["product"].behave = never
        late = await get(shop.port, "/api/v1/products")

    assert_problem(late, 504, "timeout")
    assert_complete(late)


async def test_memory_that_ends_is_a_503_like_any_other(tmp_street, tmp_path: Path) -> None:
    """An answer from before there are filters: here only the mapper of refusals can complete it."""
    pressure = tmp_path / "pressure"
    pressure.write_text("0.1")

    def under_our_thumb(bootstrap: str) -> str:
        """The real thresholds, but a file in place of the heap."""
        told = yaml.safe_load(bootstrap.replace("envoy.resource_monitors.fixed_heap", INJECTED))
        config = told["overload_manager"]["resource_monitors"][0]["typed_config"]
        config.clear()
        config.update({"@type": INJECTED_TYPE, "filename": str(pressure)})
        return yaml.safe_dump(told)

    async with tmp_street(edit=under_our_thumb) as shop:
        more = tmp_path / "more"
        more.write_text("0.97")
        more.replace(pressure)
        async with asyncio.timeout(20):
            while (reply := await get(shop.port, "/api/v1/carts/c")).status == 200:
                await asyncio.sleep(0.05)

    assert_problem(reply, 503, "unavailable")
    assert_complete(reply)


async def test_readiness_is_the_health_of_all_five(tmp_street) -> None:
    async with tmp_street() as shop:
        for name in SERVICES:
            each = shop.standins[name]
            each.healthy = False
            async with asyncio.timeout(20):
                while (reply := await get(shop.port, "/readyz")).status == 200:
                    await asyncio.sleep(0.05)
            assert_problem(reply, 503, "unavailable")
            assert_complete(reply)
            each.healthy = True
            async with asyncio.timeout(20):
                while (await get(shop.port, "/readyz")).status != 200:
                    await asyncio.sleep(0.05)


async def test_without_pages_the_interface_is_still_open(tmp_street) -> None:
    async with tmp_street() as shop:
        shop.standins["storefront"].healthy = False
        await until(lambda: shop.stat("cluster.storefront.membership_healthy") == 0, what="it is missed")
        page = await get(shop.port, "/")
        seen = await get(shop.port, "/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8")

        assert_problem(page, 503, "unavailable")
        assert_complete(page)
        assert (seen.status, seen.headers["content-type"]) == (503, ["text/html; charset=utf-8"])
        assert "your cart and your orders" in seen.body.decode()
        assert_complete(seen, csp=SECURITY)
        assert (await get(shop.port, "/readyz")).status == 200
        assert (await get(shop.port, "/api/v1/carts/c")).status == 200


async def test_one_of_two_replicas_is_enough_to_be_ready(tmp_street) -> None:
    def two(standins):
        return {"order": Service(replicas(standins["order"], standins["payment"]))}

    async with tmp_street(services=two) as shop:
        healthy = "cluster.order.membership_healthy"
        await until(lambda: shop.stat(healthy) == 2, what="both are known to be well")
        shop.standins["order"].healthy = False
        await until(lambda: shop.stat(healthy) == 1, what="one is not any more")

        assert (await get(shop.port, "/readyz")).status == 200


FOREIGN = (
    "https://evil.example",
    "http://shop.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://sub.shop.example",
    "https://shop.example:8443",
    "null",
    "https://SHOP.example.",
    "file://",
)
PLACES = (
    *("/api/v1/products", "/api/v1/carts/c", "/api/v1/orders", "/api/v1/sessions"),
    *("/api/v1x", "/api/openapi.json", "/", "/products/a-book"),
)


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("origin", [ORIGIN, *FOREIGN])
async def test_a_page_of_another_origin_learns_nothing(shop: Street, origin: str, path: str) -> None:
    asked = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization")
    plain = await get(shop.port, path, f"Origin: {origin}")
    preflight = await send(shop.port, f"OPTIONS {path} HTTP/1.1", f"Origin: {origin}", *asked)

    for reply in (plain, preflight):
        allowed = [origin] if origin == ORIGIN and path.startswith("/api/v1/") else None
        assert reply.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in reply.headers
        assert "origin" in ",".join(reply.headers["vary"]).lower()
        assert_complete(reply)
    assert all(each.method != "OPTIONS" for standin in shop.standins.values() for each in standin.asked)


async def test_texts_are_compressed_for_those_who_can_read_it(shop: Street) -> None:
    whole = await get(shop.port, "/api/openapi.json")
    for coding in ("gzip", "br"):
        reply = await shop.client.get("/api/openapi.json", headers={"accept-encoding": coding})
        assert reply.headers["content-encoding"] == coding
        assert "accept-encoding" in reply.headers["vary"].lower()
    packed = await shop.client.get("/api/openapi.json", headers={"accept-encoding": "gzip"})
    assert packed.content == whole.body
    assert packed.num_bytes_downloaded < len(whole.body) / 3
