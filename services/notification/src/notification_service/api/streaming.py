"""Server-sent events, on the wire and under the house rules for answers that stay open."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from functools import partial

from chassis.bounds import Receive, Scope, Send
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from notification_service.api.schemas import NotificationView, StreamPlace
from notification_service.domain.feed import Item
from notification_service.use_cases.live_feeds import Opened, Reset, Seat, Told

HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""Nobody on the way may keep it, compress it, or wait until there is more of it."""
AGAIN_MS = 1000
"""How soon a client should come back when the stream has ended."""
AT_ONCE = 0.0


class LiveResponse(StreamingResponse):
    """What is told, as server-sent events, until the seat is over; whoever takes nothing any more is cut off.

    FastAPI's own EventSourceResponse only marks a route that yields: three tasks a stream, and none that can be cut.
    """

    media_type = "text/event-stream"

    def __init__(self, first: Told, rest: AsyncGenerator[Told], seat: Seat) -> None:
        super().__init__(_events(first, rest), headers=HEADERS)
        self._seat = seat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as life:
                self._seat.cut = partial(life.reschedule, AT_ONCE)
                await super().__call__(scope, receive, send)


async def _events(first: Told, rest: AsyncGenerator[Told]) -> AsyncIterator[bytes]:
    yield to_event(first)
    async with aclosing(rest):
        async for told in rest:
            yield to_event(told)


def to_event(told: Told) -> bytes:
    """One event on the wire; its id is what a client sends back as `Last-Event-ID`."""
    match told:
        case Item():
            view = NotificationView.from_item(told).model_dump_json()
            return format_sse_event(event="notification", data_str=view, id=str(told.seq))
        case Opened(seq):
            place = StreamPlace(id=seq).model_dump_json()
            return format_sse_event(event="open", data_str=place, id=str(seq), retry=AGAIN_MS)
        case Reset(seq):
            return format_sse_event(event="reset", data_str=StreamPlace(id=seq).model_dump_json(), id=str(seq))
        case _:
            return KEEPALIVE_COMMENT
