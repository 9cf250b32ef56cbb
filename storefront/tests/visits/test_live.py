"""An order as it happens: every step once, in order, from where somebody left off."""

import json
from collections.abc import Iterator

import httpx2

from .buying import ORDER, ORDER_ID, an_order, problem, sign_in

LIVE = f"/orders/{ORDER_ID}/live"
WAY = ("PENDING", "RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED")


def on_the_way(*lengths: int) -> Iterator[httpx2.Response]:
    """The order after so many steps, one answer after the other; the last one stays."""
    for length in lengths:
        yield httpx2.Response(200, json=an_order(*WAY[:length]))
    while True:
        yield httpx2.Response(200, json=an_order(*WAY[: lengths[-1]]))


def moving(shop, *lengths: int) -> None:
    answers = on_the_way(*lengths)
    shop.answers["GET", ORDER] = lambda _request: next(answers)


def events(text: str) -> list[dict[str, str]]:
    blocks = (block for block in text.split("\n\n") if block and not block.startswith((":", "retry")))
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def steps(text: str) -> list[tuple[int, str]]:
    return [(int(each["id"]), json.loads(each["data"])["state"]) for each in events(text) if each["event"] == "step"]


async def test_every_step_is_told_once_and_the_stream_ends_with_the_order(shop, visitor, front) -> None:
    sign_in(front, visitor)
    moving(shop, 1, 1, 2, 4, 5)

    answer = await visitor.get(LIVE)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert steps(answer.text) == list(enumerate(WAY, start=1))
    assert events(answer.text)[-1]["event"] == "end"


async def test_whoever_comes_back_is_told_what_came_after_the_last_number(shop, visitor, front) -> None:
    sign_in(front, visitor)
    moving(shop, 4, 5)

    answer = await visitor.get(f"{LIVE}?after=1", headers={"Last-Event-ID": "3"})

    assert steps(answer.text) == [(4, "COMMITTED"), (5, "CONFIRMED")]


async def test_an_order_that_is_settled_tells_a_browser_not_to_come_back(shop, visitor, front) -> None:
    sign_in(front, visitor)
    moving(shop, 5)

    answer = await visitor.get(LIVE, headers={"Last-Event-ID": "5"})

    assert (answer.status_code, answer.text) == (204, "")


async def test_a_shop_that_is_away_for_a_moment_ends_no_stream(shop, visitor, front) -> None:
    sign_in(front, visitor)
    answers = on_the_way(1, 2, 5)
    turns = iter([200, 503, 503])

    def limping(_request: httpx2.Request) -> httpx2.Response:
        return next(answers) if next(turns, 200) == 200 else httpx2.Response(503, json=problem("unavailable"))

    shop.answers["GET", ORDER] = limping

    answer = await visitor.get(LIVE)

    assert steps(answer.text) == list(enumerate(WAY, start=1))


async def test_a_process_that_leaves_ends_its_streams_and_says_no_end(shop, visitor, front) -> None:
    sign_in(front, visitor)
    front.leaving.set()
    moving(shop, 2)

    answer = await visitor.get(LIVE)

    assert steps(answer.text) == [(1, "PENDING"), (2, "RESERVED")]
    assert "event: end" not in answer.text


async def test_a_stream_ends_before_its_token_does_and_renews_nothing_by_itself(shop, visitor, front) -> None:
    sign_in(front, visitor, seconds=0.3)
    moving(shop, 2)

    answer = await visitor.get(LIVE)

    assert "event: end" not in answer.text
    assert shop.asked_at("/api/v1/sessions/refresh") == []


async def test_what_the_page_shows_comes_along_and_is_text(shop, visitor, front) -> None:
    sign_in(front, visitor)
    order = an_order(*WAY)
    shop.tells(ORDER, {**order, "shipment": {"carrier": "<b>Owl", "tracking": "1", "at": "2026-11-29T08:00:00Z"}})

    answer = await visitor.get(LIVE)

    [look] = [json.loads(each["data"])["html"] for each in events(answer.text) if each["event"] == "look"]
    assert "It is yours" in look
    assert "&lt;b&gt;Owl" in look


async def test_streams_have_places_of_their_own_and_no_more(shop, visitor, front, monkeypatch) -> None:
    sign_in(front, visitor)
    moving(shop, 2)
    monkeypatch.setattr("chassis.bounds.STREAMS", 0)

    answer = await visitor.get(LIVE)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_nobody_watches_somebody_elses_order(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells("/api/v1/categories", {"items": []})

    answer = await visitor.get(LIVE)

    assert answer.status_code == 404
