"""Handing a route one part of the wired service.

A service's `wiring` is loaded by its worker too, which has no routes: FastAPI (12 MB, a third of a second) is fetched
when the first route asks. Hence also `type`: an alias that is not worked out before somebody looks at it.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import Request


def handed[S, T](pick: Callable[[S], T]) -> Any:
    """`type PlaceOrderDep = Annotated[PlaceOrder, handed(lambda service: service.place_order)]`"""
    from fastapi import Depends

    return Depends(bound(pick))


def bound[S, T](pick: Callable[[S], T]) -> "Callable[[Request], Awaitable[T]]":
    from fastapi import Request

    # A coroutine, because FastAPI runs plain functions in a thread, at three times the cost of the whole request.
    async def dependency(request: Request) -> T:
        return pick(request.app.state.service)

    return dependency
