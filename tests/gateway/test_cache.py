"""Catalogue reads cost the service nothing while they are fresh, are not older than it allows, and never fill us up."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from .raw import Reply, get, send
from .standin import DROP, Answer, Asked
from .street import Street, until
from .tokens import bearer, token

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = "/api/v1/products"
MAX_AGE = 4


class Catalogue:
    """Answers as product does: an ETag, a max-age, 304 to whoever has it already."""

    def __init__(self, text: str = "first") -> None:
        self.text = text
        self.not_modified = 0

    async def __call__(self, asked: Asked) -> Answer:
        body = f'{{"text":"{self.text}","path":"{asked.path}","filler":"{"x" * 2000}"}}'.encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"content-type": "application/json", "etag": tag, "cache-control": f"public, max-age={MAX_AGE}"}
        if asked.headers.get("if-none-match", "").removeprefix("W/") == tag:
            self.not_modified += 1
            return Answer(304, b"", headers)
        return Answer(200, body, headers)


def stock(shop: Street, text: str = "first") -> Catalogue:
    catalogue = Catalogue(text)
    shop.standins["product"].behave = catalogue
    return catalogue


async def changed(shop: Street, path: str, text: str) -> Reply:
    async with asyncio.timeout(MAX_AGE + 6):
        while text.encode() not in (reply := await get(shop.port, path)).body:
            await asyncio.sleep(0.05)
    return reply


async def test_a_fresh_answer_costs_the_service_nothing(shop: Street) -> None:
    stock(shop)

    replies = [await get(shop.port, f"{LIST}?q=fresh") for _ in range(20)]

    assert {each.status for each in replies} == {200}
    assert len({each.body for each in replies}) == 1
    assert shop.standins["product"].asked_for(LIST) == 1
    assert replies[-1].headers["etag"] == replies[0].headers["etag"]


async def test_many_at_once_are_one_question(shop: Street) -> None:
    catalogue = stock(shop)
    gate = asyncio.Event()

    async def slowly(asked: Asked) -> Answer:
        await gate.wait()
        return await catalogue(asked)

    shop.standins["product"].behave = slowly
    asking = [asyncio.create_task(get(shop.port, f"{LIST}?q=herd")) for _ in range(30)]
    await until(lambda: shop.standins["product"].asked_for(LIST) > 0, what="one arrived")
    gate.set()
    replies = await asyncio.gather(*asking)

    assert {each.status for each in replies} == {200}
    assert shop.standins["product"].asked_for(LIST) == 1


async def test_other_questions_have_other_answers(shop: Street) -> None:
    stock(shop)

    one, two = [await get(shop.port, f"{LIST}?q=vary&page={n}") for n in (1, 2)]

    assert one.body != two.body
    assert shop.standins["product"].asked_for(LIST) == 2


async def test_a_change_is_seen_when_the_answer_is_stale(shop: Street) -> None:
    catalogue = stock(shop)
    path = f"{LIST}?q=stale"
    first = await get(shop.port, path)
    catalogue.text = "second"

    still = await get(shop.port, path)
    at_last = await changed(shop, path, "second")

    assert still.body == first.body
    assert at_last.headers["etag"] != first.headers["etag"]
    assert int(at_last.headers.get("age", ["0"])[0]) <= MAX_AGE


async def test_what_has_not_changed_is_not_sent_again(shop: Street) -> None:
    catalogue = stock(shop)
    path = f"{LIST}?q=validate"
    first = await get(shop.port, path)
    async with asyncio.timeout(MAX_AGE + 6):
        while catalogue.not_modified == 0:
            again = await get(shop.port, path)
            await asyncio.sleep(0.05)
    after = [await get(shop.port, path) for _ in range(5)]

    assert {each.body for each in (again, *after)} == {first.body}
    assert catalogue.not_modified == 1, "a validated answer is fresh again"


async def test_a_browser_that_has_it_gets_304_from_us(shop: Street) -> None:
    stock(shop)
    path = f"{LIST}?q=browser"
    first = await get(shop.port, path)

    seen = await get(shop.port, path, f"If-None-Match: {first.headers['etag'][0]}")

    assert (seen.status, seen.body) == (304, b"")


async def test_readers_of_gzip_and_of_plain_text_share_an_answer(shop: Street) -> None:
    stock(shop)
    path = f"{LIST}?q=codings"
    plain = await shop.client.get(path, headers={"accept-encoding": "identity"})
    packed = [await shop.client.get(path, headers={"accept-encoding": each}) for each in ("gzip", "br")]

    assert [each.headers["content-encoding"] for each in packed] == ["gzip", "br"]
    assert packed[0].content == plain.content
    assert {each.headers["etag"] for each in packed} == {f"W/{plain.headers['etag']}"}
    assert shop.standins["product"].asked_for(LIST) == 1


async def test_nobody_empties_the_cache_by_pressing_reload(shop: Street) -> None:
    stock(shop)
    for header in ("Cache-Control: no-cache", "Cache-Control: no-store, max-age=0", "Pragma: no-cache"):
        await get(shop.port, f"{LIST}?q=reload", header)

    assert shop.standins["product"].asked_for(LIST) == 1


async def test_what_may_not_be_kept_is_not_kept(shop: Street, signing_key) -> None:
    shop.standins["order"].behave = stock(shop)
    keyed = f"Authorization: {bearer(token(signing_key))['authorization']}"
    for _ in range(3):
        await get(shop.port, f"{LIST}?q=mine", keyed)
        await send(shop.port, f"POST {LIST} HTTP/1.1", "Content-Length: 0")
        await get(shop.port, "/api/v1/shipping-methods")
        await get(shop.port, "/api/v1/carts/c")

    assert shop.standins["product"].asked_for(LIST) == 6
    assert len(shop.standins["order"].asked) == 6


@pytest.mark.parametrize("status", [404, 422, 500, 503])
async def test_refusals_that_say_no_store_are_not_kept(shop: Street, status: int) -> None:
    async def refuse(_asked: Asked) -> Answer:
        return Answer(status, b"{}", {"content-type": "application/problem+json", "cache-control": "no-store"})

    shop.standins["product"].behave = refuse
    for _ in range(3):
        assert (await get(shop.port, f"{LIST}/{status}")).status == status

    assert shop.standins["product"].asked_for(f"{LIST}/{status}") == 3


async def test_a_get_from_behind_the_cache_is_retried_once_and_then_told(shop: Street) -> None:
    async def drop(_asked: Asked) -> str:
        return DROP

    shop.standins["product"].behave = drop
    reply = await get(shop.port, f"{LIST}?q=dropped")

    assert (reply.status, reply.slug) == (503, "unavailable")
    assert shop.standins["product"].asked_for(LIST) == 2


def kept(shop: Street) -> list[Path]:
    return [each for each in Path(shop.place.cache_folder).iterdir() if each.name.startswith("cache-")]


def size_of(files: list[Path]) -> int:
    return sum(each.stat().st_size for each in files if each.exists())


async def test_the_cache_is_bounded_in_entries(tmp_street) -> None:
    async with tmp_street(cache_entries=20) as shop:
        stock(shop)
        for n in range(200):
            assert (await get(shop.port, f"{LIST}?q={n}")).status == 200
        await until(lambda: len(kept(shop)) <= 20, what="the oldest have gone")

        assert (await get(shop.port, f"{LIST}?q=199")).status == 200


async def test_the_cache_is_bounded_in_bytes(tmp_street) -> None:
    """Envoy counts a file before its headers are in it: the last one may stand over by those."""
    one_entry = 3_000
    async with tmp_street(cache_bytes=50_000) as shop:
        stock(shop)
        for n in range(200):
            assert (await get(shop.port, f"{LIST}?q={n}")).status == 200

        await until(lambda: size_of(kept(shop)) <= 50_000 + one_entry, what="the oldest have gone")


async def test_an_evicted_answer_is_asked_for_again(tmp_street) -> None:
    async with tmp_street(cache_entries=5) as shop:
        stock(shop)
        replies = [await get(shop.port, f"{LIST}?q={n % 40}") for n in range(160)]

    assert {each.status for each in replies} == {200}


async def test_a_service_that_comes_and_goes_does_no_harm_to_the_cache(tmp_street) -> None:
    """The older of Envoy's two caches ended the process here."""
    async with tmp_street(cache_entries=10) as shop:
        product = shop.standins["product"]
        stock(shop)
        stop = asyncio.Event()

        async def ask(n: int) -> set[int]:
            heard = set()
            while not stop.is_set():
                heard.add((await get(shop.port, f"{LIST}?q={n % 25}")).status)
                n += 7
            return heard

        asking = [asyncio.create_task(ask(n)) for n in range(8)]
        for _ in range(3):
            await product.stop()
            await until(lambda: shop.stat("cluster.product.membership_healthy") == 0, what="it is missed")
            await product.start()
            await until(lambda: shop.stat("cluster.product.membership_healthy") == 1, what="it is back")
        stop.set()
        heard = set().union(*await asyncio.gather(*asking))

        assert heard <= {200, 503}
        assert shop.process is not None
        assert shop.process.poll() is None
        async with asyncio.timeout(20):
            while (await get(shop.port, LIST)).status != 200:
                await asyncio.sleep(0.02)
