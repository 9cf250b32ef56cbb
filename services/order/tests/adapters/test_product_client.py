"""The one call between services: what product answers, and what its silence means."""

import asyncio

import httpx2
import pytest
from chassis.faults import Unreachable
from chassis.http import ServiceClient
from chassis.world import World
from order_service.adapters.product_client import ProductClient
from order_service.domain.quote import Offer


@pytest.fixture
def ask(shelf):
    """Asks a product service that answers like this."""

    async def ask(answer=shelf.answer):
        client = ServiceClient("product", "http://product", world=World(), transport=httpx2.MockTransport(answer))
        try:
            return await ProductClient(client).offers({"TEA-1": 2, "GONE-1": 1}, currency="EUR")
        finally:
            await client.close()

    return ask


async def test_what_can_be_bought_is_offered_and_the_rest_is_not_there(ask, shelf) -> None:
    offers = await ask()

    assert offers == {"TEA-1": Offer("TEA-1", "tea-1", "A TEA-1", {"size": "M"}, "/pictures/TEA-1.svg", 450, 10)}
    assert shelf.asked == [
        {"currency": "EUR", "lines": [{"sku": "TEA-1", "quantity": 2}, {"sku": "GONE-1", "quantity": 1}]}
    ]


async def test_fields_that_product_will_add_later_are_no_fault(ask, shelf) -> None:
    async def newer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"lines": [{**shelf.offer("TEA-1"), "colour": "green"}], "as_of": "now"})

    assert list(await ask(newer)) == ["TEA-1"]


async def test_a_single_hiccup_is_asked_again(ask, shelf) -> None:
    asked = []

    async def hiccup(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(503) if len(asked) == 1 else await shelf.answer(request)

    assert list(await ask(hiccup)) == ["TEA-1"]
    assert len(asked) == 2


@pytest.mark.parametrize("status", [204, 301, 404, 422, 500, 503])
async def test_any_other_answer_is_as_good_as_none(ask, status) -> None:
    async def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status)

    with pytest.raises(Unreachable):
        await ask(answer)


async def test_a_product_that_never_answers_is_given_up(ask) -> None:
    async def hang(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(10):
        with pytest.raises(Unreachable):
            await ask(hang)
