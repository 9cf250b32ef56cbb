"""What may be asked twice is asked once more, elsewhere; what may not, is not. A sick replica rests."""

import asyncio

import pytest
from gateway.place import Service

from .raw import get, send
from .standin import DROP, Answer, Asked
from .street import replicas, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CART = "/api/v1/carts/c"


def two_of_order(standins):
    """`order` and `payment` stand in for two replicas of order."""
    return {"order": Service(replicas(standins["order"], standins["payment"]))}


async def drop(_asked: Asked) -> str:
    return DROP


async def shed(_asked: Asked) -> Answer:
    return Answer(503, b"{}", {"content-type": "application/problem+json", "x-shed": "1"})


async def plain_503(_asked: Asked) -> Answer:
    return Answer(503, b"{}", {"content-type": "application/problem+json"})


@pytest.mark.parametrize("behaviour", [drop, shed])
async def test_a_get_is_asked_once_more(shop, behaviour) -> None:
    shop.standins["order"].behave = behaviour

    reply = await get(shop.port, CART)

    assert reply.status == 503
    assert shop.standins["order"].asked_for(CART) == 2


async def test_a_503_that_is_not_shed_is_an_answer(shop) -> None:
    shop.standins["order"].behave = plain_503

    assert (await get(shop.port, CART)).status == 503
    assert shop.standins["order"].asked_for(CART) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("behaviour", [drop, shed])
async def test_what_changes_something_is_asked_once(shop, method: str, behaviour) -> None:
    shop.standins["order"].behave = behaviour

    reply = await send(shop.port, f"{method} {CART} HTTP/1.1", "Content-Length: 0")

    assert reply.status == 503
    assert shop.standins["order"].asked_for(CART) == 1


async def test_a_client_cannot_ask_for_retries(shop) -> None:
    shop.standins["order"].behave = plain_503
    wish = ("X-Envoy-Retry-On: 5xx", "X-Envoy-Max-Retries: 9", "Content-Length: 0")

    await send(shop.port, f"POST {CART} HTTP/1.1", *wish)

    assert shop.standins["order"].asked_for(CART) == 1


async def test_retries_are_a_fifth_of_what_goes_on_at_most(tmp_street) -> None:
    """Forty at once, all dropped: three retries are always allowed, beyond that twenty of a hundred."""
    gate = asyncio.Event()

    async def drop_together(_asked: Asked) -> str:
        await gate.wait()
        return DROP

    async with tmp_street() as shop:
        shop.standins["order"].behave = drop_together
        asking = [asyncio.create_task(get(shop.port, CART)) for _ in range(40)]
        await until(lambda: shop.standins["order"].asked_for(CART) == 40, what="all forty are there")
        gate.set()
        replies = await asyncio.gather(*asking)
        refused = shop.stat("cluster.order.upstream_rq_retry_overflow")

        assert {each.status for each in replies} == {503}
        assert refused > 0
        assert shop.standins["order"].asked_for(CART) == 40 + 40 - refused


async def test_nobody_notices_on_reads_that_a_replica_was_killed(tmp_street) -> None:
    async with tmp_street(services=two_of_order) as shop:
        await until(lambda: shop.stat("cluster.order.membership_healthy") == 2, what="both are known to be well")
        await shop.standins["payment"].stop()

        statuses = [(await get(shop.port, CART)).status for _ in range(100)]

        assert statuses == [200] * 100
        await until(lambda: shop.stat("cluster.order.membership_healthy") == 1, what="the dead one is left alone")


async def test_nobody_notices_on_reads_that_a_replica_has_stopped(tmp_street) -> None:
    """It takes connections and says nothing, its probe neither: as a process does that was frozen."""
    never = asyncio.Event()

    async def say_nothing(_asked: Asked) -> str:
        await never.wait()
        return DROP

    async with tmp_street(services=two_of_order) as shop:
        await until(lambda: shop.stat("cluster.order.membership_healthy") == 2, what="both are known to be well")
        shop.standins["payment"].behave = say_nothing

        asking = [asyncio.create_task(get(shop.port, CART)) for _ in range(12)]
        replies = await asyncio.gather(*asking)
        left_alone = shop.standins["payment"].asked_for(CART)

        assert {each.status for each in replies} == {200}
        assert left_alone > 0
        ejected = "cluster.order.outlier_detection.ejections_active"
        while not shop.stat(ejected):
            assert (await get(shop.port, CART)).status == 200
        assert shop.stat("cluster.order.upstream_rq_504") == 0


async def test_who_is_slow_is_heard_when_the_other_one_is_slower(tmp_street) -> None:
    """The first replica answers after the second was asked too."""
    asked, gate, never = [], asyncio.Event(), asyncio.Event()

    async def slow(about: Asked) -> Answer:
        asked.append(about)
        if len(asked) == 2:
            gate.set()
            await never.wait()
        await gate.wait()
        return Answer(body=b'"the first"')

    async with tmp_street(services=two_of_order) as shop:
        for name in ("order", "payment"):
            shop.standins[name].behave = slow

        reply = await get(shop.port, CART)

        assert (reply.status, reply.body) == (200, b'"the first"')
        assert [shop.standins[name].asked_for(CART) for name in ("order", "payment")] == [1, 1]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nobody_is_asked_twice_to_change_something_however_long_it_takes(tmp_street, method: str) -> None:
    never = asyncio.Event()

    async def say_nothing(_asked: Asked) -> str:
        await never.wait()
        return DROP

    async with tmp_street(services=two_of_order) as shop:
        for name in ("order", "payment"):
            shop.standins[name].behave = say_nothing

        reply = await send(shop.port, f"{method} {CART} HTTP/1.1", "Content-Length: 0")

        assert reply.status == 504
        assert sum(shop.standins[name].asked_for(CART) for name in ("order", "payment")) == 1


async def test_a_replica_that_fails_five_times_rests(tmp_street) -> None:
    async with tmp_street(services=two_of_order) as shop:
        sick = shop.standins["payment"]
        sick.behave = plain_503
        async with asyncio.timeout(20):
            while shop.stat("cluster.order.outlier_detection.ejections_active") == 0:
                await get(shop.port, CART)
        asked = sick.asked_for(CART)
        probed = shop.stat("cluster.order.health_check.success")
        await until(lambda: shop.stat("cluster.order.health_check.success") >= probed + 4, what="its probe is content")

        statuses = [(await get(shop.port, CART)).status for _ in range(50)]

        assert statuses == [200] * 50
        assert sick.asked_for(CART) == asked
        assert asked >= 5


async def test_half_of_the_replicas_always_stay(tmp_street) -> None:
    async with tmp_street(services=two_of_order) as shop:
        for name in ("order", "payment"):
            shop.standins[name].behave = plain_503

        replies = [await get(shop.port, CART) for _ in range(60)]

        assert shop.stat("cluster.order.outlier_detection.ejections_active") <= 1
        assert {each.headers["content-type"][0] for each in replies} == {"application/problem+json"}
        assert sum(shop.standins[name].asked_for(CART) for name in ("order", "payment")) == 60


async def test_a_leaving_replica_is_sent_nobody_new(tmp_street) -> None:
    async with tmp_street(services=two_of_order) as shop:
        await until(lambda: shop.stat("cluster.order.membership_healthy") == 2, what="both are known to be well")
        shop.standins["payment"].healthy = False
        await until(lambda: shop.stat("cluster.order.membership_healthy") == 1, what="it was asked and said no")
        before = shop.standins["payment"].asked_for(CART)

        statuses = [(await send(shop.port, f"PUT {CART} HTTP/1.1", "Content-Length: 0")).status for _ in range(50)]

        assert statuses == [200] * 50
        assert shop.standins["payment"].asked_for(CART) == before


async def test_checkouts_have_places_that_carts_cannot_take(shop) -> None:
    limits = [shop.stat(f"cluster.order.circuit_breakers.{each}.remaining_rq") for each in ("default", "high")]

    assert limits == [512, 512]
