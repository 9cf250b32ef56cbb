"""Notification wired on its twins, with a mailbox instead of a mail server."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from chassis.world import World
from notification_service.settings import NotificationSettings
from notification_service.wiring import NotificationService, in_memory


@dataclass
class HandClock:
    """A clock that the test moves."""

    time: datetime = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Mailbox:
    """Takes mails, or says what it was told to say, one answer an attempt."""

    answers: list[Exception | None] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    async def send(self, message: EmailMessage) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.mails.append(message)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def settings() -> NotificationSettings:
    return NotificationSettings(
        mongo_url="mongodb://unused",
        broker_url="amqp://unused",
        user_url="http://unused",
        smtp_host="unused",
        shop_url="https://shop.example/",
    )


@pytest.fixture
def service(settings: NotificationSettings, clock: HandClock, mailbox: Mailbox) -> NotificationService:
    return in_memory(settings, World(clock=clock), mailbox)
