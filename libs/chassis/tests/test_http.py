"""Asking a neighbour: one more try, on a budget, within one deadline."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
from chassis import tracing
from chassis.faults import Unreachable
from chassis.http import RETRY_BURST, ServiceClient, trusting
from chassis.world import World


class Neighbour:
    """Answers with what it was told to, 200 at the end, and remembers what it was asked."""

    def __init__(self, *answers: int | Exception | Callable) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return await answer()
        return httpx2.Response(answer, json={})


@asynccontextmanager
async def client_of(neighbour: Neighbour) -> AsyncIterator[ServiceClient]:
    client = ServiceClient("product", "http://product", world=World(), transport=httpx2.MockTransport(neighbour))
    yield client
    await client.close()


@pytest.mark.parametrize("fault", [503, 500, httpx2.ConnectError("refused"), httpx2.ReadError("reset")], ids=str)
async def test_a_fault_is_asked_again_once(fault) -> None:
    neighbour = Neighbour(fault)
    async with client_of(neighbour) as client:
        answer = await client.get("/a")

    assert answer.status_code == 200
    assert len(neighbour.asked) == 2


async def test_two_faults_are_enough() -> None:
    neighbour = Neighbour(503, 503)
    async with client_of(neighbour) as client:
        with pytest.raises(Unreachable):
            await client.get("/a")

    assert len(neighbour.asked) == 2


@pytest.mark.parametrize("status", [200, 404, 409, 422, 429])
async def test_an_answer_is_an_answer(status) -> None:
    neighbour = Neighbour(status)
    async with client_of(neighbour) as client:
        assert (await client.post("/a", {"b": 1})).status_code == status

    assert len(neighbour.asked) == 1


async def test_the_deadline_is_for_the_whole_question() -> None:
    async def hang() -> httpx2.Response:
        await asyncio.Event().wait()
        return httpx2.Response(200)

    neighbour = Neighbour(hang)
    async with client_of(neighbour) as client, asyncio.timeout(10):
        with pytest.raises(Unreachable):
            await client.get("/a")

    assert len(neighbour.asked) == 1  # there was no time left for another


async def test_retries_end_when_their_budget_does() -> None:
    neighbour = Neighbour(*[503] * 1000)
    async with client_of(neighbour) as client:
        for _ in range(100):
            with pytest.raises(Unreachable):
                await client.get("/a")

    retries = len(neighbour.asked) - 100
    assert RETRY_BURST <= retries <= RETRY_BURST + 100 * 0.1


async def test_the_trace_goes_along() -> None:
    tracing.install()
    neighbour = Neighbour()
    trace = "0af7651916cd43dd8448eb211c80319c"
    async with client_of(neighbour) as client:
        with tracing.span("test", traceparent=f"00-{trace}-b7ad6b7169203331-01"):
            await client.get("/a")

    assert trace in neighbour.asked[0].headers["traceparent"]


def test_whoever_is_asked_in_plain_text_costs_no_list_of_authorities() -> None:
    plain, sealed = trusting("http://user:8000"), trusting("https://user.example")

    assert plain.cert_store_stats()["x509_ca"] == 0
    assert sealed.cert_store_stats()["x509_ca"] > 0


def test_nobody_is_believed_whose_certificate_nobody_has_signed() -> None:
    for address in ("http://user:8000", "https://user.example"):
        context = trusting(address)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
