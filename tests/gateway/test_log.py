"""What is told about requests: a line each, spans, metrics; and nothing that could be used by whoever reads it."""

import json

import pytest
from gateway.place import Address

from .raw import get, send
from .standin import standing
from .street import Street, free_port, until
from .tokens import bearer, token

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def lines_about(shop: Street, part: str) -> list[dict[str, object]]:
    def found() -> list[dict[str, object]]:
        return [line for line in map(json.loads, shop.log) if part in str(line["path"])]

    await until(found, what="the line is written")
    return found()


async def test_a_request_is_one_line_of_facts(shop: Street) -> None:
    await get(shop.port, "/api/v1/carts/logged")

    (line,) = await lines_about(shop, "/carts/logged")

    assert line["event"] == "gateway.request"
    assert (line["method"], line["status"], line["route"], line["cluster"]) == ("GET", 200, "/api/v1/carts", "order")
    assert (line["client"], line["attempts"]) == ("127.0.0.1", 1)
    assert line["request_id"]
    assert {"milliseconds", "sent", "received", "trace", "why", "upstream"} <= set(line)


async def test_no_secret_is_in_the_log(shop: Street, signing_key) -> None:
    secret = token(signing_key)
    forged = secret[:-10] + "AAAAAAAAAA"
    for text in (secret, forged):
        header = f"Authorization: {bearer(text)['authorization']}"
        await get(shop.port, f"/api/v1/orders/secrets?token={text}&email=ada%40shop.example", header)
        await get(shop.port, f"/api/v1/orders/secrets?access_token={text}", "Cookie: session=topsecret")
    body = b'{"password":"correct horse"}'
    await send(shop.port, "POST /api/v1/sessions/secrets HTTP/1.1", f"Content-Length: {len(body)}", body=body)

    await lines_about(shop, "/sessions/secrets")

    whole = "\n".join(shop.log) + (shop.folder / "envoy.log").read_text()
    parts = {part for text in (secret, forged) for part in text.split(".")[1:]}
    for word in (*parts, "access_token", "topsecret", "correct horse", "ada%40", "Bearer"):
        assert word not in whole


async def test_a_line_feed_in_a_request_does_not_make_a_line(shop: Street) -> None:
    before = len(shop.log)
    await get(shop.port, "/api/v1/carts/%0a%22inject%22")
    await lines_about(shop, "inject")

    assert all(json.loads(line) for line in shop.log[before:])


async def test_who_asked_first_is_in_the_trace(shop: Street) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    reply = await get(shop.port, "/api/v1/carts/c", f"traceparent: {parent}")

    assert json.loads(reply.body)["headers"]["traceparent"] == parent


async def test_spans_go_to_the_collector_and_the_service_hears_of_ours(tmp_street) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with standing("collector") as collector:
        async with tmp_street(collector=Address("127.0.0.1", collector.port)) as shop:
            replies = [
                await get(shop.port, path, f"traceparent: {parent}") for path in ("/api/v1/carts/c", "/api/v1/products")
            ]
            began = await get(shop.port, "/api/v1/carts/untraced")
            await until(lambda: collector.asked_for("/v1/traces") > 0, what="spans arrive")

        for reply in replies:
            version, trace, span, _ = json.loads(reply.body)["headers"]["traceparent"].split("-")
            assert (version, trace) == ("00", parent.split("-")[1])
            assert span != parent.split("-")[2], "the parent is our span, not the client's"
        assert json.loads(began.body)["headers"]["traceparent"]
        assert bytes.fromhex(parent.split("-")[1]) in b"".join(each.body for each in collector.asked)


async def test_a_collector_that_is_away_holds_nobody_up(tmp_street) -> None:
    async with tmp_street(collector=Address("127.0.0.1", free_port())) as shop:
        assert (await get(shop.port, "/api/v1/carts/c")).status == 200


async def test_metrics_are_read_at_a_door_that_shows_nothing_else(tmp_street) -> None:
    door = Address("127.0.0.1", free_port())
    async with tmp_street(metrics=door) as shop:
        await get(shop.port, "/api/v1/carts/c")

        metrics = await shop.client.get(f"http://127.0.0.1:{door.port}/metrics")
        others = [
            await get(door.port, path) for path in ("/", "/stats", "/config_dump", "/quitquitquit", "/metrics/..")
        ]
        ordered = await shop.client.post(f"http://127.0.0.1:{door.port}/metrics")

    assert metrics.status_code == 200
    assert "envoy_cluster_upstream_rq_total" in metrics.text
    assert {each.status for each in others} == {404}
    assert ordered.status_code == 404


async def test_the_door_for_developers_is_there_only_when_it_is_on(tmp_street, shop: Street) -> None:
    async with standing("door") as door, tmp_street(door=Address("127.0.0.1", door.port)) as open_shop:
        assert (await get(open_shop.port, "/dev/facts/order")).status == 200
        assert door.asked_for("/dev/facts/order") == 1

    assert (await get(shop.port, "/dev/facts/order")).status == 404
