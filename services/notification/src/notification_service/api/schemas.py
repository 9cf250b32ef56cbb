"""What goes over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.paging import MAX_INT
from chassis.schemas import Page, RequestBody, ResponseBody
from pydantic import Field, StrictInt

from notification_service.domain.feed import Item


class NotificationView(ResponseBody):
    """Something that you were told."""

    id: int
    """Counts what you were told, without a gap."""
    kind: str
    at: datetime
    order_id: UUID | None
    facts: dict[str, str | int]
    """What there is to say about it, by its kind: `number`, `state`, `reason`, `total`, `refunded`, `currency`."""

    @classmethod
    def from_item(cls, item: Item) -> "NotificationView":
        news = item.news
        return cls(id=item.seq, kind=news.kind, at=news.at, order_id=news.order_id, facts=dict(news.facts))


class NotificationPage(Page[NotificationView]):
    """One page of notices, newest first."""

    unread: int
    read: int
    """The id up to which you have read."""
    newest: int
    """The id that a stream should begin after, to miss nothing and repeat nothing of what is listed here."""


class ReadBody(RequestBody):
    """Everything up to this id was read."""

    up_to: Annotated[StrictInt, Field(ge=0, le=MAX_INT)]


class StreamPlace(ResponseBody):
    """Where in the feed the stream is."""

    id: int
