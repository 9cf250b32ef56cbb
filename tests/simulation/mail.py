"""The mail server, and what of it the shop sees: a mail may be taken and nobody told."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import compat32
from typing import Any, override
from uuid import UUID

from notification_service.adapters.in_memory import InMemoryDeliveries
from notification_service.ports import Contact, Delivery, DeliveryState, MailFailed

from tests.simulation.processes import Life
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather


@dataclass(slots=True)
class MailServer:
    trace: Trace
    taken: list[str] = field(default_factory=list)
    """Message-IDs, one for each copy."""
    tokens: dict[str, list[str]] = field(default_factory=dict)
    """Address -> what its owner was sent to prove that they read it."""
    settled: Counter[str] = field(default_factory=Counter)
    """How often the shop has written down that a message was taken."""

    @property
    def resends(self) -> int:
        """How often the shop cannot have known that a mail was taken."""
        return sum(copies - max(1, self.settled[id_]) for id_, copies in Counter(self.taken).items())

    def facts(self) -> list[dict[str, Any]]:
        return [{"kind": "mail", "message_id": each} for each in self.taken]


@dataclass(frozen=True, slots=True)
class Mailer:
    """The mail server as one process reaches it."""

    server: MailServer
    weather: Weather
    life: Life

    async def send(self, message: EmailMessage) -> None:
        await self.life.gate()
        await asyncio.sleep(0.05 * self.weather.random.random())
        await self.life.gate()
        name, kind, about = self.life.process.name, str(message["Subject"]), str(message["X-Order"])
        if not self.weather.reaches(name, "mail") or self.weather.strikes("mail_put_off"):
            self.server.trace.note(name, "mail", kind, order_id=about, fault="not now")
            raise MailFailed("421 not now")
        self.server.taken.append(str(message["Message-ID"]))
        if message["X-Token"]:
            self.server.tokens.setdefault(str(message["To"]), []).append(str(message["X-Token"]))
        self.server.trace.note(name, "mail", kind, order_id=about)
        await asyncio.sleep(0.02 * self.weather.random.random())
        if self.weather.strikes("mail_answer_lost"):
            self.server.trace.note("mail", name, kind, order_id=about, fault="taken, and nobody told")
            raise MailFailed("connection lost")


@dataclass(frozen=True, slots=True)
class ShortTemplates:
    """What a mail says is not what a run is about: its kind, and the token that it carries."""

    def compose(self, delivery: Delivery, contact: Contact) -> EmailMessage:
        message = EmailMessage(policy=compat32)
        message["Subject"] = delivery.kind
        message["X-Order"] = str(delivery.order_id or "")
        message["X-Token"] = str(_of(delivery.facts, "token"))
        return message


class Deliveries(InMemoryDeliveries):
    """Counts what was written down of mails that were taken: no copy more than that is excused."""

    server: MailServer

    @override
    async def settle(
        self, delivery_id: str, *, lease: UUID, state: DeliveryState, pause: timedelta, message_id: str | None
    ) -> bool:
        ours = await super().settle(delivery_id, lease=lease, state=state, pause=pause, message_id=message_id)
        if ours and state is DeliveryState.ACCEPTED and message_id is not None:
            self.server.settled[message_id] += 1
        return ours


def _of(facts: Mapping[str, Any], name: str) -> Any:
    return facts.get(name, "")
