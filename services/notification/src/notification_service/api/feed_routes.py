"""One's own feed: path, verb, who may, what happens."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from chassis.bounds import streaming
from chassis.callers import SignedIn
from chassis.paging import MAX_INT, BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from fastapi import APIRouter, Depends, Header, Request, Response

from notification_service.api.refusals import REFUSALS
from notification_service.api.schemas import STREAM_EVENT, NotificationPage, NotificationView, ReadBody
from notification_service.api.streaming import LiveResponse
from notification_service.use_cases.live_feeds import Leaving, Seat, TooManyStreams
from notification_service.wiring import LiveFeedsDep, ReadFeedDep, SeeFeedDep

router = APIRouter()
LIST = "notifications"
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `open`, `notification` and `reset` (more came than is kept: "
        "look at the list, then read on). Every event has the id to come back with. It ends with the access token.",
        "content": {LiveResponse.media_type: {"itemSchema": STREAM_EVENT}},
    },
    **refusals(REFUSALS, TooManyStreams, Leaving),
}


@router.get("/api/v1/notifications", responses=refusals({BadCursor: (422, "invalid_cursor")}, BadCursor))
async def list_notifications(
    caller: SignedIn, see: SeeFeedDep, cursor: Cursor = None, limit: Limit = 20
) -> NotificationPage:
    """What you were told, newest first: the last 200 things."""
    found = await see(caller.user_id, before=_position(cursor), limit=limit)
    return NotificationPage(
        items=[NotificationView.from_item(each) for each in found.items],
        next_cursor=encode_cursor(LIST, found.items[-1].seq) if found.more else None,
        unread=found.unread,
        read=found.read,
        newest=found.newest,
    )


@router.post("/api/v1/notifications/read", status_code=204)
async def mark_read(body: ReadBody, caller: SignedIn, read: ReadFeedDep) -> None:
    """Say up to where you have read. It never goes back."""
    await read(caller.user_id, up_to=body.up_to)


async def take_seat(request: Request, caller: SignedIn, live: LiveFeedsDep) -> AsyncGenerator[Seat]:
    """A place among the streams of this process, for as long as the answer lasts."""
    with (
        live.seat(caller.user_id, caller.session_id, ends_at=caller.expires_at) as seat,
        streaming(request.scope),
    ):
        yield seat


@router.get("/api/v1/notifications/stream", response_class=Response, responses=STREAM)
async def follow_notifications(
    seat: Annotated[Seat, Depends(take_seat)],
    live: LiveFeedsDep,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=MAX_INT, description="The id of the last event that you had. Without: from now on.")
    ] = None,
) -> LiveResponse:
    """What you are told, as it happens, every step of your orders too. Three streams at once, here."""
    told = live.follow(seat, after=last_event_id)
    # Before the answer begins, so that a store that is away makes it a refusal.
    return LiveResponse(await anext(told), told, seat)


def _position(cursor: str | None) -> int | None:
    return None if cursor is None else int(decode_cursor(LIST, cursor, int)[0])
