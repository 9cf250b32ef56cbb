"""Tell somebody something, on every channel that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notification_service.domain.feed import News
from notification_service.ports import Feeds
from notification_service.use_cases.owe_mail import OweMail
from notification_service.use_cases.owe_sms import OweSms

SHOWN = ("number", "state", "version", "reason", "total", "refunded", "amount", "currency", "alert")
"""What a feed keeps of an event: enough for a line about it. By `version` a client tells an order's earlier step from
its later one, whichever was heard first."""


@dataclass(frozen=True, slots=True)
class Show:
    """Write it into the feed, and thereby to whoever watches. Hearing the event again adds nothing."""

    feeds: Feeds

    async def __call__(
        self,
        *,
        kind: str,
        event_id: UUID,
        user_id: UUID,
        at: datetime,
        facts: Mapping[str, Any],
        order_id: UUID | None = None,
    ) -> None:
        shown = {name: facts[name] for name in SHOWN if isinstance(facts.get(name), str | int)}
        await self.feeds.add(user_id, News(event_id, kind, at, order_id, shown))


@dataclass(frozen=True, slots=True)
class Tell:
    """Owe mail and text message, and write the feed. Hearing the event again finishes what the first time did not, and
    no more."""

    owe_mail: OweMail
    owe_sms: OweSms
    show: Show

    async def __call__(
        self,
        *,
        kind: str,
        event_id: UUID,
        user_id: UUID,
        at: datetime,
        facts: Mapping[str, Any],
        order_id: UUID | None = None,
    ) -> None:
        await self.owe_mail(kind=kind, event_id=event_id, user_id=user_id, facts=facts, order_id=order_id)
        await self.owe_sms(kind=kind, event_id=event_id, user_id=user_id, facts=facts, order_id=order_id)
        await self.show(kind=kind, event_id=event_id, user_id=user_id, at=at, facts=facts, order_id=order_id)
