"""Whole checkouts through real processes, stores and broker, while nothing breaks."""

from random import Random

import pytest

from tests.faults.shop.crowd import Crowd, Wish
from tests.faults.shop.ending import ends_well
from tests.faults.shop.listening import overheard
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

STEPS = (
    *("ReserveStock.v1", "StockReserved.v1", "AuthorizePayment.v1", "PaymentAuthorized.v1"),
    *("CommitStock.v1", "StockCommitted.v1", "CapturePayment.v1", "PaymentCaptured.v1"),
    *("OrderProgressed.v1", "OrderConfirmed.v1"),
)


async def test_a_hundred_checkouts_end_as_they_should(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"CALM-PLENTY": 500, "CALM-SHORT": 6})
    wishes = mixed(dice, plenty="CALM-PLENTY", short="CALM-SHORT")

    async with crowd.rush(wishes) as rush:
        pass

    ends = await ends_well(crowd, rush.promises, short={"CALM-SHORT": 6})
    assert ends == {"CONFIRMED": 76, "PAYMENT_DECLINED": 15, "OUT_OF_STOCK": 9}


async def test_one_trace_runs_from_the_request_to_the_news_that_it_is_confirmed(crowd: Crowd) -> None:
    await put_on_shelves(crowd.street, **{"TRACED": 1})
    (buyer,) = await crowd.grow(1)
    choice = await buyer.choose(Wish("TRACED"))
    trace = "0af7651916cd43dd8448eb211c80319c"

    async with overheard(crowd.street) as messages:
        sent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        promise = await buyer.order(choice, headers=sent)
        await ends_well(crowd, [promise])

    assert {each["type"]: _trace_id(each["trace"]) for each in messages} == dict.fromkeys(STEPS, trace)


def _trace_id(traceparent: str | None) -> str | None:
    return traceparent and traceparent.split("-")[1]
