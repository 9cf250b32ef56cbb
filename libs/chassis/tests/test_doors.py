"""What every public door refuses, over real sockets, and how it says so."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from chassis import app, authz, tracing
from chassis.admission import Admission
from chassis.auth import NotSignedIn, Principal
from chassis.bounds import MAX_BODY, Bounds, Load, resting
from chassis.callers import SignedIn
from chassis.faults import StoreUnavailable
from chassis.health import Health
from chassis.metrics import Metrics
from chassis.paging import Cursor, Limit
from chassis.schemas import RequestBody, ShortText
from chassis.server import Doors, listen, serve
from chassis.world import World
from fastapi import APIRouter, Request, Response
from pydantic import Field, StrictInt

IN_FLIGHT = 3
WHO_MAY = """
GET /orders: {who: [anonymous]}
POST /orders: {who: [anonymous], writes: [lines, notes]}
GET /mine: {who: [customer]}
GET /cached: {who: [anonymous]}
GET /fails: {who: [anonymous]}
GET /down: {who: [anonymous]}
GET /sold-out: {who: [anonymous]}
GET /held: {who: [anonymous]}
"""


class Line(RequestBody):
    sku: ShortText
    quantity: StrictInt


class Order(RequestBody):
    lines: list[Line]
    notes: dict[str, Any] = Field(default_factory=dict)


class SoldOut(Exception):
    def __init__(self, sku: str) -> None:
        super().__init__(f"{sku} is sold out.")
        self.sku = sku


@dataclass
class House:
    public: str
    internal: str
    port: int
    went: list[Any] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


def routes(house: House) -> APIRouter:
    found = APIRouter()

    @found.get("/orders")
    async def list_orders(limit: Limit = 20, cursor: Cursor = None) -> dict[str, int]:
        return {"limit": limit}

    @found.post("/orders", status_code=202)
    async def place(body: Order) -> dict[str, int]:
        house.went.append(body)
        return {"lines": len(body.lines)}

    @found.get("/mine")
    async def mine(caller: SignedIn) -> dict[str, str]:
        return {"id": str(caller.user_id)}

    @found.get("/cached")
    async def cached(response: Response) -> dict[str, str]:
        response.headers["Cache-Control"] = "public, max-age=5"
        return {}

    @found.get("/fails")
    async def fails() -> None:
        raise LookupError("the password of ada@example.com is in here")

    @found.get("/down")
    async def down() -> None:
        raise StoreUnavailable("PostgreSQL", "gone")

    @found.get("/sold-out")
    async def sold_out() -> None:
        raise SoldOut("BOOK-1")

    @found.get("/held")
    async def held(request: Request, rest: bool = False) -> dict[str, str]:
        house.went.append("held")
        with resting(request.scope) if rest else nullcontext():
            await house.go_on.wait()
        return {}

    return found


async def nobody(_token: str) -> Principal:
    raise NotSignedIn


@pytest.fixture
async def house() -> AsyncIterator[House]:
    tracing.install()
    public, internal = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    port, inside = public.getsockname()[1], internal.getsockname()[1]
    found = House(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{inside}", port)
    health = Health(World())
    apps = app.build(
        service=None,
        title="House",
        public=[routes(found)],
        authz_=authz.parse(WHO_MAY),
        refusals={SoldOut: (409, "sold_out")},
        verifier=nobody,
        health_=health,
        metrics_=Metrics("house"),
        max_in_flight=IN_FLIGHT,
    )
    stop = asyncio.Event()
    await health.assert_settings()
    doors = Doors(apps.public, apps.internal, inside, health)
    serving = asyncio.create_task(serve(doors, [public, internal], drain_seconds=0, health=health, stop=stop))
    yield found
    found.go_on.set()
    stop.set()
    await serving


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=house.public, timeout=20) as found:
        yield found


def assert_problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, body["type"]) == (status, f"urn:mercato:problem:{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert body["status"] == status
    assert "Traceback" not in answer.text
    return body


GOOD = {"lines": [{"sku": "a", "quantity": 1}]}


async def test_a_good_request_goes_through(client, house) -> None:
    answer = await client.post("/orders", json=GOOD)

    assert (answer.status_code, answer.json()) == (202, {"lines": 1})
    assert answer.headers["cache-control"] == "no-store"
    assert len(house.went) == 1


DEEP = b'{"lines": ' + b"[" * 40 + b"]" * 40 + b"}"
BAD_BODIES = {
    "no json": (b"{", 400, "malformed_json"),
    "no utf-8": (b'{"lines": "\xff\xfe"}', 400, "bad_request"),
    "a number of 5000 digits": (b'{"lines": [{"sku": "a", "quantity": ' + b"1" * 5000 + b"}]}", 400, "bad_request"),
    "too deep": (DEEP, 422, "invalid_request"),
    "not a number": (b'{"lines": [{"sku": "a", "quantity": NaN}]}', 422, "invalid_request"),
    "infinity": (b'{"lines": [{"sku": "a", "quantity": Infinity}]}', 422, "invalid_request"),
    "a text for a number": (b'{"lines": [{"sku": "a", "quantity": "1"}]}', 422, "invalid_request"),
    "true for a number": (b'{"lines": [{"sku": "a", "quantity": true}]}', 422, "invalid_request"),
    "half a character": (b'{"lines": [{"sku": "\\ud800", "quantity": 1}]}', 422, "invalid_request"),
    "half a character as a name": (b'{"lines": [], "\\ud800": 1}', 422, "invalid_request"),
    "a nul": (b'{"lines": [{"sku": "a\\u0000", "quantity": 1}]}', 422, "invalid_request"),
    "unknown fields": (b'{"lines": [], "discount": 100}', 422, "invalid_request"),
    "another shape": (b"[1, 2]", 422, "invalid_request"),
    "nothing": (b"", 422, "invalid_request"),
    "too large": (b'{"notes": "' + b"x" * MAX_BODY + b'"}', 413, "body_too_large"),
}


@pytest.mark.parametrize(("body", "status", "slug"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_body_is_refused_by_name_and_changes_nothing(client, house, body, status, slug) -> None:
    answer = await client.post("/orders", content=body, headers={"content-type": "application/json"})

    problem = assert_problem(answer, status, slug)
    assert house.went == []
    if status == 422:
        assert [list(each) for each in problem["errors"]] == [["field", "message"]] * len(problem["errors"]) != []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_only_json_is_read(client, house, kind) -> None:
    answer = await client.post("/orders", content=json.dumps(GOOD), headers={"content-type": kind})

    assert_problem(answer, 415, "unsupported_media_type")
    assert house.went == []


async def test_a_thousand_mistakes_are_not_all_told(client) -> None:
    answer = await client.post("/orders", json={"lines": [], **{f"field-{'x' * 100}-{n}": n for n in range(1000)}})

    errors = assert_problem(answer, 422, "invalid_request")["errors"]
    assert len(errors) == 20
    assert max(len(error["field"]) for error in errors) <= 64


@pytest.mark.parametrize(
    "query",
    ["limt=5", "limit=5&limit=6", "limit=5&unknown=", "limit=0", "limit=101", "limit=five", "cursor=" + "x" * 600],
)
async def test_a_parameter_that_is_unknown_repeated_or_out_of_bounds_is_refused(client, query) -> None:
    assert_problem(await client.get(f"/orders?{query}"), 422, "invalid_request")


async def test_good_parameters_are_read(client) -> None:
    assert (await client.get("/orders?limit=5")).json() == {"limit": 5}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(client, method) -> None:
    assert_problem(await client.request(method, "/orders"), 405, "method_not_allowed")


async def test_head_is_refused_without_a_body(client) -> None:
    answer = await client.head("/orders")

    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("path", ["/nothing", "/orders/", "//orders", "/docs", "/openapi.json", "/metrics", "/livez"])
async def test_there_is_nothing_else_behind_the_public_door(client, path) -> None:
    assert_problem(await client.get(path), 404, "not_found")


async def test_headers_have_a_limit(client) -> None:
    assert_problem(await client.get("/orders", headers={"x-much": "x" * 40_000}), 431, "headers_too_large")


async def test_a_stranger_is_told_how_to_sign_in(client) -> None:
    answer = await client.get("/mine")

    assert_problem(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_refusal_carries_its_facts(client) -> None:
    body = assert_problem(await client.get("/sold-out"), 409, "sold_out")

    assert (body["sku"], body["detail"]) == ("BOOK-1", "BOOK-1 is sold out.")


async def test_a_store_that_is_down_is_a_503_that_says_when_to_come_again(client) -> None:
    answer = await client.get("/down")

    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_a_bug_is_a_500_without_a_word_about_itself_and_one_line_in_the_log(logged, client) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"

    answer = await client.get("/fails", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})

    body = assert_problem(answer, 500, "internal_error")
    assert "ada" not in answer.text
    assert body["trace"] == trace
    [told] = [line for line in logged() if line["level"] == "error"]
    assert (told["event"], told["trace_id"], told["route"]) == ("request.failed", trace, "/fails")
    assert "LookupError" in told["exception"]
    assert "ada@example.com" not in str(told)


async def test_an_answer_that_may_be_cached_says_so_itself(client) -> None:
    assert (await client.get("/cached")).headers["cache-control"] == "public, max-age=5"


async def entered(house: House, count: int) -> None:
    async with asyncio.timeout(10):
        while len(house.went) < count:
            await asyncio.sleep(0.005)


async def test_too_many_at_once_are_sent_away_and_probes_are_not(client, house) -> None:
    inside = [asyncio.create_task(client.get("/held")) for _ in range(IN_FLIGHT)]
    await entered(house, IN_FLIGHT)

    answer = await client.get("/orders")
    async with httpx2.AsyncClient(base_url=house.internal) as probe:
        alive, exposition = await probe.get("/readyz"), await probe.get("/metrics")
    house.go_on.set()

    assert_problem(answer, 503, "overloaded")
    assert 1 <= int(answer.headers["retry-after"]) <= 5
    assert answer.headers["x-shed"] == "1"
    assert (alive.status_code, exposition.status_code) == (204, 200)
    assert [(await each).status_code for each in inside] == [200] * IN_FLIGHT
    assert (await client.get("/orders")).status_code == 200


async def test_whoever_only_waits_takes_nobodys_place(client, house) -> None:
    waiting = [asyncio.create_task(client.get("/held?rest=true")) for _ in range(2 * IN_FLIGHT)]
    await entered(house, 2 * IN_FLIGHT)

    assert (await client.get("/orders")).status_code == 200
    house.go_on.set()
    assert {(await each).status_code for each in waiting} == {200}


async def test_a_body_that_trickles_in_is_not_waited_for() -> None:
    sent: list[Any] = []

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def keep(event: Any) -> None:
        sent.append(event)

    world = World()
    bounds = Bounds(lambda *_: None, load=Load(Admission(1, world.clock)), world=world, body_seconds=0.01)
    await bounds({"type": "http", "method": "POST", "path": "/", "headers": []}, never, keep)
    await bounds({"type": "http", "method": "POST", "path": "/", "headers": []}, never, keep)

    assert [event["status"] for event in sent if event["type"] == "http.response.start"] == [408, 408]


async def raw(house: House, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    return said


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /orders HTTP/9.9\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /orders HTTP/1.1\r\nHost : x\r\n\r\n",
    ],
)
async def test_what_is_no_http_ends_the_connection_with_400(house, request_) -> None:
    assert (await raw(house, request_)).startswith(b"HTTP/1.1 400 ")
