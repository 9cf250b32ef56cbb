"""Too much is refused here: requests of one address, bodies, headers, and patience."""

import asyncio
import json

import pytest
from gateway.place import Place
from gateway.rendering import discovery
from gateway.routes import READ
from gateway.table import read_table

from .raw import Reply, exchange, get, read_reply, send
from .street import Street, until
from .tokens import bearer, token

pytestmark = pytest.mark.asyncio(loop_scope="session")

BURST = {each.name: each.burst for each in read_table().classes}


async def through_the_storefront(shop: Street, path: str, address: str) -> Reply:
    assert shop.place.storefront is not None
    return await get(shop.place.storefront.at.port, path, f"X-Forwarded-For: {address}")


async def test_an_address_that_asks_too_much_is_told_when_to_come_back(tmp_street) -> None:
    burst = BURST["browse"] // 10

    async with tmp_street(limits=0.1) as shop:
        replies = await asyncio.gather(*(get(shop.port, "/api/v1/shipping-methods") for _ in range(10 * burst)))
        reached = shop.standins["order"].asked_for("/api/v1/shipping-methods")

    answered = [each for each in replies if each.status == 200]
    refused = [each for each in replies if each.status == 429]
    assert len(answered) + len(refused) == len(replies)
    assert burst <= len(answered) == reached
    assert refused
    assert {each.headers["ratelimit-limit"][0] for each in replies} == {str(burst)}
    assert all("ratelimit-remaining" in each.headers and "ratelimit-reset" in each.headers for each in replies)
    assert not any(name.startswith("x-ratelimit") for each in replies for name in each.headers)
    assert {each.slug for each in refused} == {"too_many_requests"}
    assert all(int(each.headers["retry-after"][0]) >= 1 for each in refused)


async def test_classes_and_addresses_do_not_take_from_each_other(tmp_street) -> None:
    async with tmp_street(limits=0.1) as shop:
        loud = [await through_the_storefront(shop, "/api/v1/shipping-methods", "203.0.113.1") for _ in range(30)]
        other_address = await through_the_storefront(shop, "/api/v1/shipping-methods", "203.0.113.2")
        other_class = await through_the_storefront(shop, "/api/v1/carts/c", "203.0.113.1")

    assert 429 in [each.status for each in loud]
    assert (other_address.status, other_class.status) == (200, 200)


async def test_a_network_of_ipv6_counts_as_one_address(tmp_street) -> None:
    async with tmp_street(limits=0.1) as shop:
        path = "/api/v1/shipping-methods"
        mine = [await through_the_storefront(shop, path, f"2001:db8:1:2::{n:x}") for n in range(1, 31)]
        neighbour = await through_the_storefront(shop, path, "2001:db8:1:3::1")

    assert 429 in [each.status for each in mine]
    assert neighbour.status == 200


async def test_a_claimed_address_does_not_help(tmp_street) -> None:
    async with tmp_street(limits=0.1) as shop:
        replies = [
            await get(shop.port, "/api/v1/shipping-methods", f"X-Forwarded-For: 203.0.113.{n}") for n in range(1, 31)
        ]

    assert 429 in [each.status for each in replies]


async def test_searching_for_doors_is_limited_too(tmp_street) -> None:
    async with tmp_street(limits=0.1) as shop:
        replies = [await get(shop.port, f"/api/wp-admin/{n}") for n in range(30)]

    assert {each.status for each in replies} == {404, 429}


async def test_a_window_full_of_pictures_is_not_too_much(tmp_street) -> None:
    """Three pages of 24, one after the other, by the rates of production."""
    async with tmp_street(limits=1) as shop:
        replies = await asyncio.gather(*(get(shop.port, f"/api/v1/pictures/{n}.svg") for n in range(72)))

    assert {each.status for each in replies} == {200}


async def test_cached_answers_are_counted(tmp_street) -> None:
    async with tmp_street(limits=0.1) as shop:
        replies = [await get(shop.port, "/api/v1/products") for _ in range(30)]

    assert {each.status for each in replies} == {200, 429}


async def test_limits_are_what_the_place_says() -> None:
    assert Place.__dataclass_fields__["limits"].default == 1.0


MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("path", "service", "limit"),
    [
        ("/api/v1/carts", "order", MEGABYTE),
        ("/api/v1/webhooks/psp", "payment", MEGABYTE // 4),
        ("/checkout/address", "storefront", MEGABYTE // 16),
    ],
)
async def test_a_body_is_as_large_as_its_class_allows(shop: Street, path: str, service: str, limit: int) -> None:
    fits = await send(shop.port, f"POST {path} HTTP/1.1", f"Content-Length: {limit}", body=b"x" * limit)
    large = await send(shop.port, f"POST {path} HTTP/1.1", f"Content-Length: {limit + 1}", body=b"x" * (limit + 1))

    assert json.loads(fits.body)["bytes"] == limit
    assert (large.status, large.slug) == (413, "body_too_large")
    assert shop.standins[service].asked_for(path) == 1


async def test_ten_megabytes_in_pieces_are_refused_while_they_arrive(shop: Street) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    try:
        writer.write(head)
        for _ in range(160):
            writer.write(piece)
        reply = await read_reply(reader)
    finally:
        writer.close()

    assert (reply.status, reply.slug) == (413, "body_too_large")
    assert shop.standins["order"].asked == []


async def test_a_hundred_headers_are_enough(shop: Street) -> None:
    reply = await get(shop.port, "/api/v1/products", *(f"X-Filler-{n}: x" for n in range(150)))

    assert (reply.status, reply.slug) == (431, "headers_too_large")


async def test_we_wait_for_nobody_for_ever(shop: Street) -> None:
    body = b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly the beginning"
    headers = b"GET /api/v1/products HTTP/1.1\r\nHost: x\r\nX-Slow: "

    replies = await asyncio.gather(*(exchange(shop.port, each, seconds=40) for each in (body, headers)))

    assert [(each.status, each.slug) for each in replies] == [(408, "request_timeout")] * 2
    assert shop.standins["order"].asked == []


async def test_somebody_who_is_slow_keeps_nobody_else_waiting(shop: Street) -> None:
    """A body arrives whole before a service hears of it: two hundred half bodies hold not one of its places."""
    order = shop.standins["order"]
    before = order.begun
    slow = [await asyncio.open_connection("127.0.0.1", shop.port) for _ in range(200)]
    try:
        for _, writer in slow:
            writer.write(b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
        replies = await asyncio.gather(*(get(shop.port, "/api/v1/carts/c") for _ in range(20)))
    finally:
        for _, writer in slow:
            writer.close()

    assert [each.status for each in replies] == [200] * 20
    assert order.begun - before == 20


async def test_a_stream_goes_on_and_a_wait_is_granted(shop: Street) -> None:
    """By configuration, not by the clock: a stream's route knows no time-out, `?wait=` adds its seconds."""
    routes = json.loads(shop.config())
    found = {}
    for config in routes["configs"]:
        for each in config.get("dynamic_route_configs", ()):
            for route in each["route_config"]["virtual_hosts"][0]["routes"]:
                waits = "query_parameters" in route["match"]
                methods = [each.get("string_match", {}).get("exact") for each in route["match"].get("headers", ())]
                found[route["name"], waits, *methods] = route.get("route", {})

    timeouts = {name: each.get("timeout") for name, each in found.items()}
    assert timeouts["/api/v1/notifications/stream", False] == "0s"
    assert found["/api/v1/notifications/stream", False]["idle_timeout"] == "40s"
    assert found["/orders/*/live", False]["timeout"] == "0s"
    assert found["/orders/*/live", False]["idle_timeout"] == "40s"
    assert timeouts["/api/v1/orders", False, "POST"] == "3s"
    assert timeouts["/api/v1/orders", False, "GET"] == timeouts["/api/v1/orders", False] == "5s"
    assert timeouts["/api/v1/orders", True] == "15s"
    assert timeouts["/api/v1/orders", True, "GET"] == "25s"
    assert timeouts["/api/v1/products", False, "GET"] == timeouts["/api/v1/products", False] == "2s"


async def test_only_reads_are_ever_asked_again_and_half_of_the_time_is_left_for_it(shop: Street) -> None:
    routes = discovery(shop.place, shop.table)
    again = {}
    for route in routes["resources"][0]["virtual_hosts"][0]["routes"]:
        policy = route.get("route", {}).get("retry_policy")
        if policy is not None:
            assert READ in route["match"]["headers"], route["name"]
            again[route["name"], "query_parameters" in route["match"]] = policy["per_try_timeout"]

    assert again["/api/v1/orders", False] == "2.5s"
    assert again["/api/v1/orders", True] == "12.5s"
    assert again["/api/v1/products", False] == "1s"
    assert not any(name == "/api/v1/notifications/stream" for name, _ in again)


STREAMS = {"/api/v1/notifications/stream": "notification", "/orders/1/live": "storefront"}


@pytest.mark.parametrize("path", STREAMS)
async def test_a_stream_is_passed_on_as_it_comes(shop: Street, signing_key, path: str) -> None:
    said = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: one\n\n")
        await said.wait()
        writer.write(b"data: two\n\n")
        writer.close()

    standin = shop.standins[STREAMS[path]]
    await standin.stop()
    server = await asyncio.start_server(serve, "127.0.0.1", standin.port)
    try:
        headers = {**bearer(token(signing_key)), "accept-encoding": "br, gzip", "cookie": "session=sealed"}
        async with shop.client.stream("GET", path, headers=headers) as answer:
            assert "content-encoding" not in answer.headers
            lines = answer.aiter_lines()
            assert await anext(lines) == "data: one"
            said.set()
            assert [line async for line in lines if line] == ["data: two"]
    finally:
        server.close()
        await server.wait_closed()
        await standin.start()
        await shop.ready()


async def test_connections_beyond_the_limit_are_not_taken_and_the_others_are_served(tmp_street) -> None:
    async with tmp_street(connections=20) as shop:
        opened = [await asyncio.open_connection("127.0.0.1", shop.port) for _ in range(40)]
        overflow = f"listener.127.0.0.1_{shop.port}.downstream_global_cx_overflow"
        await until(lambda: shop.stat(overflow) > 0, what="some were turned away")
        try:
            reader, writer = opened[0]
            writer.write(b"GET /api/v1/carts/c HTTP/1.1\r\nHost: x\r\n\r\n")
            reply = await read_reply(reader)
        finally:
            for _, writer in opened:
                writer.close()

        assert reply.status == 200
