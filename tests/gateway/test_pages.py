"""A page that is the same for everybody is kept; nobody who carries a cookie is given it, and theirs is not kept."""

import asyncio
from itertools import count

import pytest

from .raw import Reply, get, send
from .standin import Answer, Asked
from .street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

PUBLIC = "public, max-age=30"
WHO = ("Cookie: session=ada", "Cookie: session=bob", "Cookie: theme=dark")


class Pages:
    """Answers as the storefront does: by the cookies, and never twice the same."""

    def __init__(self, *, known: str = "private, no-store") -> None:
        self.known = known
        self._counted = count()

    async def __call__(self, asked: Asked) -> Answer:
        who = asked.headers.get("cookie", "nobody")
        kept = PUBLIC if who == "nobody" else self.known
        headers = {"content-type": "text/html; charset=utf-8", "cache-control": kept, "vary": "Cookie"}
        return Answer(body=f"<p>for {who}, {next(self._counted)}</p>".encode(), headers=headers)


async def test_a_page_for_everybody_costs_the_storefront_nothing(shop: Street) -> None:
    shop.standins["storefront"].behave = Pages()

    replies = [await get(shop.port, "/?fresh") for _ in range(10)]

    assert {each.body for each in replies} == {b"<p>for nobody, 0</p>"}
    assert shop.standins["storefront"].asked_for("/") == 1
    assert {_varies(each) for each in replies} == {"cookie, origin"}


async def test_a_visitor_with_a_cookie_is_never_given_the_page_that_is_kept(shop: Street) -> None:
    shop.standins["storefront"].behave = Pages()
    await get(shop.port, "/?known")

    replies = [await get(shop.port, "/?known", who) for who in WHO]

    assert [each.body.split(b",")[0] for each in replies] == [f"<p>for {who[8:]}".encode() for who in WHO]
    assert shop.standins["storefront"].asked_for("/") == 1 + len(WHO)


@pytest.mark.parametrize("known", ["private, no-store", PUBLIC])
async def test_the_page_of_a_visitor_with_a_cookie_is_not_kept_even_if_it_says_so(shop: Street, known: str) -> None:
    shop.standins["storefront"].behave = Pages(known=known)
    path = f"/account?{known[:3]}"

    theirs = [(await get(shop.port, path, "Cookie: session=ada")).body for _ in range(3)]
    nobodys = await get(shop.port, path)

    assert len(set(theirs)) == 3
    assert b"for nobody" in nobodys.body
    assert shop.standins["storefront"].asked_for("/account") == 4


async def test_browsers_are_told_that_a_page_varies_by_cookies_whoever_it_is_for(shop: Street) -> None:
    """Else the page from before a sign-in would be shown after it, out of the browser's own cache."""
    shop.standins["storefront"].behave = Pages()

    replies = [await get(shop.port, "/?varies", *headers) for headers in ((), (), WHO[:1], ("Accept-Encoding: br",))]

    assert all("cookie" in _varies(each) for each in replies)


def _varies(reply: Reply) -> str:
    return ", ".join(sorted(each.strip() for each in ",".join(reply.headers["vary"]).lower().split(",")))


async def test_many_visitors_at_once_get_their_own_pages(shop: Street) -> None:
    shop.standins["storefront"].behave = Pages(known=PUBLIC)

    async def visit(n: int) -> tuple[bytes, bytes]:
        mine = await get(shop.port, "/?crowd", f"Cookie: session=visitor-{n}")
        return f"<p>for session=visitor-{n}".encode(), mine.body.split(b",")[0]

    visits = await asyncio.gather(*(visit(n) for n in range(30)), *(_nobody(shop) for _ in range(30)))

    assert all(own == seen for own, seen in visits)


async def _nobody(shop: Street) -> tuple[bytes, bytes]:
    return b"<p>for nobody", (await get(shop.port, "/?crowd")).body.split(b",")[0]


async def test_pictures_are_kept_whatever_the_visitor_carries(shop: Street) -> None:
    """The interface does not look at cookies, and a browser sends them with every picture."""

    async def picture(_asked: Asked) -> Answer:
        return Answer(body=b"<svg/>", headers={"content-type": "image/svg+xml", "cache-control": PUBLIC})

    shop.standins["product"].behave = picture
    for who in WHO:
        await get(shop.port, "/api/v1/pictures/a-book.svg", who)

    assert shop.standins["product"].asked_for("/api/v1/pictures/a-book.svg") == 1


async def test_what_a_form_does_is_done_each_time(shop: Street) -> None:
    shop.standins["storefront"].behave = Pages()
    for _ in range(2):
        await send(shop.port, "POST /choices/theme HTTP/1.1", "Content-Length: 0")

    assert shop.standins["storefront"].asked_for("/choices/theme") == 2
