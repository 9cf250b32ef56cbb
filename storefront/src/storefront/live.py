"""An order as it happens: server-sent events, numbered as the steps of its history.

The order itself is asked, again and again for the seconds that it takes, and no stream of news about it: its history
has each step once and in order, so that a number is enough to go on from, on any replica and after any restart.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

from chassis.bounds import Receive, Scope, Send, StreamsFull, streaming
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import Response, StreamingResponse

from storefront.api import Away, Json, Refused
from storefront.front import Front
from storefront.telling import UNDER_WAY, name_of

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.6
"""An order moves several times a second, or waits for somebody. Nobody sees a step more than a second late."""
SLOWER = 1.3
QUIET_SECONDS = 10.0
"""After so much silence a comment shows, to whoever stands between, that somebody is there."""
AGAIN_MS = 1000
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""Nobody on the way may keep it, compress it, or wait until there is more of it."""


class LiveResponse(StreamingResponse):
    """An answer that stays open: it has a place among the streams, and none among the requests."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        super().__init__(events, headers=HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with streaming(scope):
                await super().__call__(scope, receive, send)
        except StreamsFull as full:
            busy = Response(status_code=503, headers={"Retry-After": str(full.retry_after)})
            await busy(scope, receive, send)


async def follow(
    order: Json,
    *,
    known: int,
    look: Callable[[], Awaitable[Json]],
    show: Callable[[Json], Awaitable[str]],
    front: Front,
    until: float,
) -> AsyncGenerator[bytes]:
    """`step` for each step after the number `known`, `look` whenever the page shows something else, `end` at the end.

    It goes on while the order is under way, at most until its reader's session has to be renewed, which only a new
    request can do. It ends without `end` when the reader should come back.
    """
    clock = front.world.clock
    shown, pause, spoke = "", FIRST_PAUSE, clock.monotonic()
    yield b"retry: %d\n\n" % AGAIN_MS
    while True:
        told = [*_steps(order, known)]
        known = max(known, len(order["history"]))
        html = await show(order)
        if html != shown:
            shown = html
            told.append(format_sse_event(event="look", data_str=json.dumps({"html": html})))
        if order["state"] not in UNDER_WAY:
            yield b"".join([*told, format_sse_event(event="end", data_str="{}")])
            return
        if told:
            pause, spoke = FIRST_PAUSE, clock.monotonic()
            yield b"".join(told)
        elif clock.monotonic() - spoke >= QUIET_SECONDS:
            spoke = clock.monotonic()
            yield KEEPALIVE_COMMENT
        await _rest(front, pause)
        pause = min(LONGEST_PAUSE, pause * SLOWER)
        if front.leaving.is_set() or clock.now().timestamp() >= until:
            return
        try:
            order = await look()
        except Away:
            continue  # whoever watches waits with us
        except Refused:
            return


def _steps(order: Json, known: int) -> list[bytes]:
    """Each with its number, which is what a browser comes back with."""
    history = order["history"]
    return [
        format_sse_event(
            event="step",
            id=str(number),
            data_str=json.dumps({"state": each["state"], "at": each["at"], "told": name_of(each["state"])}),
        )
        for number, each in enumerate(history[known:], start=known + 1)
    ]


async def _rest(front: Front, seconds: float) -> None:
    """Until it is time to look again, or the process begins to leave."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await front.leaving.wait()
