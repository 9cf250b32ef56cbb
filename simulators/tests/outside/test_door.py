"""The development door: what passes, and what it never hides."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from simulators.door.app import HEADER, make_door
from simulators.psp import Psp

from .conftest import Serve

HERE = {HEADER: "test"}


async def nobody() -> dict[str, int]:
    return {}


async def breaks_off() -> AsyncIterator[bytes]:
    yield b'{"kind": "order"}\n'
    raise ConnectionError("the store went away")


@pytest.fixture
async def door(serve: Serve) -> AsyncIterator[httpx2.AsyncClient]:
    """On real sockets: whether a body is whole is told by how its connection ends."""
    service = FastAPI()

    @service.get("/facts")
    async def facts() -> StreamingResponse:
        return StreamingResponse(breaks_off(), media_type="application/x-ndjson")

    async with httpx2.AsyncClient(base_url=await serve(service)) as near:
        app = make_door(facts={"order": near}, mail=near, psp=near, phone=near, staff=nobody, dead_letters=nobody)
        async with httpx2.AsyncClient(base_url=await serve(app)) as client:
            yield client


async def test_facts_that_break_off_are_not_taken_for_the_whole(door: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        await door.get("/dev/facts/order", headers=HERE)


@pytest.fixture
async def pages(serve: Serve) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in front of the door, with a provider behind it."""
    psp = Psp(webhook_secret="whsec", public_url="http://127.0.0.1/dev/psp")
    behind = httpx2.AsyncClient(transport=httpx2.ASGITransport(psp.app), base_url="http://psp")
    async with behind:
        app = make_door(facts={}, mail=behind, psp=behind, phone=behind, staff=nobody, dead_letters=nobody)
        async with httpx2.AsyncClient(base_url=await serve(app)) as browser:
            yield browser


async def test_a_browser_sees_the_providers_pages_and_nothing_else(pages: httpx2.AsyncClient) -> None:
    for page in ("pay/cs_test_1", "act/pi_1"):
        answer = await pages.get(f"/dev/psp/{page}")
        assert (answer.status_code, "There is no such page." in answer.text) == (404, True)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    for other in (
        "faults",
        "facts",
        "pay/../faults",
        "pay/%2e%2e/faults",
        "pay/..%2ffaults",
        "pay/cs_1/faults",
        "pay/",
    ):
        request = pages.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=f"/dev/psp/{other}".encode())
        answer = await pages.send(request)
        assert answer.status_code == 403, other


async def test_a_page_is_for_callers_by_a_local_name_only(pages: httpx2.AsyncClient) -> None:
    answer = await pages.get("/dev/psp/pay/cs_test_1", headers={"host": "evil.example"})

    assert answer.status_code == 403


async def test_a_source_that_refuses_is_shown_to_refuse(door: httpx2.AsyncClient) -> None:
    answer = await door.get("/dev/facts/mail", headers=HERE)

    assert answer.status_code == 404


@pytest.mark.parametrize("headers", [{}, {**HERE, "host": "evil.example"}])
async def test_a_web_page_gets_nothing(door: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    answer = await door.get("/dev/facts/order", headers=headers)

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:mercato:problem:door_closed"
