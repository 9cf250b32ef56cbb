"""A thing of somebody else's answers like one that does not exist: on every route that authz.yaml calls owned."""

from collections.abc import Mapping

import httpx2

from tests.security.belongings import MERGE, NAMES, belongings, knock, missing
from tests.security.cast import ROLES, Cast
from tests.security.declared import OWNED, anonymous_may

OF_ONE_REQUEST = frozenset({"trace", "x-request-id", "traceparent", "date"})
"""Headers that differ between any two requests."""


async def test_what_belongs_to_somebody_else_answers_like_what_does_not_exist(cast: Cast) -> None:
    mine = await belongings(cast)
    seen = 0

    for route in OWNED:
        for who in (*(each for each in ROLES if each != "owner"), None):
            if who is None and not anonymous_may(route):
                continue
            nothing = missing(mine, sign=cast.street.houses["order"].apps.public.state.service.cart_ids.sign)
            foreign, absent = await knock(cast, route, who, mine), await knock(cast, route, who, nothing)

            assert foreign.status_code == 404, f"{who}: {route}: {foreign.text}"
            assert foreign.status_code == absent.status_code
            assert headers(foreign) == headers(absent), f"{who}: {route}"
            assert body(foreign, mine) == body(absent, nothing), f"{who}: {route}"
            seen += 1
    print(f"{len(OWNED)} owned routes, {seen} comparisons")
    assert seen >= 3 * len(OWNED) > 0


async def test_the_same_requests_are_answered_to_the_owner(cast: Cast) -> None:
    mine = await belongings(cast)
    nobodys = (await cast.ask("POST", "/api/v1/carts", None, json={"currency": "EUR"})).json()["id"]

    for route in OWNED:
        # Only a cart that nobody owns can be merged into one's own.
        things = {**mine, "cart_id": nobodys} if route == MERGE else mine
        answer = await knock(cast, route, "owner", things)
        assert answer.status_code not in {401, 403, 404, 422}, f"{route}: {answer.text}"


def headers(answer: httpx2.Response) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in answer.headers.multi_items() if name not in OF_ONE_REQUEST)


def body(answer: httpx2.Response, things: Mapping[str, str]) -> bytes:
    """Byte by byte, but for the ids that were asked for and the trace of the request."""
    found = answer.content
    for each in (*(things[name] for name in NAMES), answer.json()["trace"] or "no trace"):
        found = found.replace(each.encode(), b"-")
    return found
