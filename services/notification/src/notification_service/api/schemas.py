"""What goes over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from chassis.schemas import Page, RequestBody, ResponseBody
from pydantic import Field, StrictBool, StrictInt, model_validator

from notification_service.domain.feed import Item
from notification_service.domain.preferences import USUAL, Preferences, Wish


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
    def from_item(cls, item: Item) -> Self:
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

    up_to: Annotated[StrictInt, Field(ge=0, le=2**53)]


class StreamPlace(ResponseBody):
    """Where in the feed the stream is."""

    id: int


def _event(names: list[str], data: dict[str, Any]) -> dict[str, Any]:
    content = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    return {
        "type": "object",
        "required": ["event", "data", "id"],
        "properties": {"event": {"enum": names}, "data": content, "id": {"type": "string", "pattern": "^[0-9]+$"}},
    }


STREAM_EVENT = {
    "oneOf": [
        _event(["notification"], {"$ref": f"#/components/schemas/{NotificationView.__name__}"}),
        _event(["open", "reset"], StreamPlace.model_json_schema()),
    ]
}
"""As the document tells of it."""


class Kind(StrEnum):
    """What one has a say in."""

    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_SHIPPED = "order_shipped"
    ORDER_REFUNDED = "order_refunded"
    SECURITY_ALERT = "security_alert"


class WishBody(RequestBody):
    """What to do about one kind of news."""

    kind: Kind
    email: StrictBool
    sms: StrictBool


class PreferencesBody(RequestBody):
    """Each kind at most once."""

    items: Annotated[list[WishBody], Field(max_length=20)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({each.kind for each in self.items}) != len(self.items):
            raise ValueError("a kind is named twice")
        return self

    def to_preferences(self) -> Preferences:
        return Preferences({each.kind.value: Wish(each.email, each.sms) for each in self.items})


class WishView(ResponseBody):
    kind: Kind
    email: bool
    sms: bool
    must_be_mailed: bool
    """These mails cannot be switched off."""


class PreferencesView(ResponseBody):
    items: list[WishView]

    @classmethod
    def from_preferences(cls, preferences: Preferences) -> Self:
        wishes = [(kind, preferences.about(kind)) for kind in Kind]
        return cls(
            items=[
                WishView(kind=kind, email=wish.email, sms=wish.sms, must_be_mailed=USUAL[kind].must_be_mailed)
                for kind, wish in wishes
            ]
        )
