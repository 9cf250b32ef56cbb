"""Text messages, on the twins: to whom, how often, and what is written down whatever the provider does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.world import World
from notification_service.domain.preferences import Preferences, Wish
from notification_service.ports import Contact, SmsFailed, SmsRefused
from notification_service.settings import NotificationSettings
from notification_service.wiring import NotificationService, in_memory

ADA = UUID("0190a000-0000-7000-8000-000000000001")
CONTACT = Contact(ADA, "ada@example.org", "Ada", "en", verified=True, seq=2, phone="+491711234567")
FACTS = {"number": "M-1", "order_id": "o-1", "carrier": "DHL", "tracking": "00340", "lines": []}


@dataclass
class Phone:
    """Takes text messages, or says what it was told to say, one answer an attempt."""

    answers: list[Exception | None] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    tries: int = 0

    async def send(self, *, to: str, text: str) -> str:
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.texts.append((to, text))
        return f"SM{len(self.texts)}"


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def service(settings: NotificationSettings, clock: Any, mailbox: Any, phone: Phone) -> NotificationService:
    account = {"sms_account": "AC1", "sms_token": "t0k", "sms_sender": "Mercato", "sms_url": "http://phone"}
    wired = in_memory(NotificationSettings(**{**settings.model_dump(), **account}), World(clock=clock), mailbox)
    assert wired.send_sms is not None
    return replace(wired, send_sms=replace(wired.send_sms, texter=phone))


async def tell(
    service: NotificationService, clock: Any, *, kind: str = "order_shipped", event: UUID | None = None
) -> None:
    at = clock.now()
    await service.tell(kind=kind, event_id=event or uuid4(), user_id=ADA, at=at, order_id=UUID(int=9), facts=FACTS)


async def texts(service: NotificationService) -> list[tuple[str, int]]:
    return [(each["state"], each["attempts"]) async for each in _owed(service)]


async def _owed(service: NotificationService) -> AsyncIterator[dict[str, Any]]:
    async for fact in service.facts():
        if fact["kind"] == "delivery" and fact["channel"] == "sms":
            yield fact


async def test_somebody_with_a_telephone_is_texted_that_the_parcel_left(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    event = uuid4()

    await tell(service, clock, event=event)
    assert await service.send_sms() == 1

    assert phone.texts == [
        ("+491711234567", "Mercato: your order M-1 is on its way with DHL. https://shop.example/orders/o-1")
    ]
    [fact] = [each async for each in _owed(service)]
    assert (fact["id"], fact["state"], fact["message_id"]) == (f"{event}|sms|{ADA}", "ACCEPTED", "SM1")


async def test_hearing_it_again_texts_nobody_again(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    event = uuid4()

    for _ in range(3):
        await tell(service, clock, event=event)
        await service.send_sms()

    assert len(phone.texts) == 1


@pytest.mark.parametrize("contact", [None, replace(CONTACT, phone=None)])
async def test_whoever_has_no_telephone_is_owed_a_mail_alone(service, clock, contact) -> None:
    if contact is not None:
        await service.keep_contact(contact)

    await tell(service, clock)

    assert await texts(service) == []
    assert [fact["channel"] async for fact in service.facts() if fact["kind"] == "delivery"] == ["email"]


async def test_what_is_not_usually_texted_is_texted_to_whoever_wants_it(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    await tell(service, clock, kind="order_confirmed")
    assert await service.send_sms() == 0

    await service.choose_preferences(ADA, Preferences({"order_confirmed": Wish(email=True, sms=True)}))
    await tell(service, clock, kind="order_confirmed")
    await service.send_sms()

    assert [text for _, text in phone.texts] == [
        "Mercato: your order M-1 is confirmed. https://shop.example/orders/o-1"
    ]


async def test_whoever_says_no_before_it_leaves_is_not_texted(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    await tell(service, clock)

    await service.choose_preferences(ADA, Preferences({"order_shipped": Wish(email=True, sms=False)}))
    await service.send_sms()

    assert phone.tries == 0
    assert await texts(service) == [("SUPPRESSED", 1)]


async def test_a_mail_that_is_not_wanted_any_more_is_not_sent(service, clock, mailbox) -> None:
    await service.keep_contact(CONTACT)
    await tell(service, clock)

    await service.choose_preferences(ADA, Preferences({"order_shipped": Wish(email=False, sms=True)}))
    await service.send_mail()

    assert mailbox.mails == []


async def test_the_number_is_the_one_of_the_moment_it_leaves(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    await tell(service, clock)

    await service.keep_contact(replace(CONTACT, phone="+491719999999", seq=3))
    await service.send_sms()

    assert [to for to, _ in phone.texts] == ["+491719999999"]


async def test_a_country_that_is_not_on_the_list_is_not_texted(service, clock, phone) -> None:
    await service.keep_contact(replace(CONTACT, phone="+18765550123"))
    await tell(service, clock)

    await service.send_sms()

    assert phone.tries == 0
    assert await texts(service) == [("SUPPRESSED", 1)]


async def test_the_sixth_in_a_day_is_not_sent_and_the_next_day_is_another(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    for _ in range(6):
        await tell(service, clock)
    await service.send_sms()
    await service.send_sms()
    assert len(phone.texts) == 5

    clock.time += timedelta(days=1)
    await tell(service, clock)
    await service.send_sms()

    assert len(phone.texts) == 6
    assert sorted(await texts(service)) == [("ACCEPTED", 1)] * 6 + [("SUPPRESSED", 1)]


async def test_what_they_refuse_is_never_tried_again_and_costs_nothing(service, clock, phone) -> None:
    phone.answers = [SmsRefused("400 21211")] * 5
    await service.keep_contact(CONTACT)
    for _ in range(6):
        await tell(service, clock)
        await service.send_sms()
        clock.time += timedelta(minutes=10)

    assert sorted(await texts(service)) == [("ACCEPTED", 1)] + [("SUPPRESSED", 1)] * 5


async def test_what_failed_is_tried_again_on_schedule(service, clock, phone) -> None:
    phone.answers = [SmsFailed("429", perhaps_sent=False), SmsFailed("500", perhaps_sent=True)]
    await service.keep_contact(CONTACT)
    await tell(service, clock)

    for pause in (0, 1, 5):
        clock.time += timedelta(minutes=pause)
        assert await service.send_sms() == 1

    assert len(phone.texts) == 1
    assert await texts(service) == [("ACCEPTED", 3)]


async def test_what_may_have_arrived_counts_so_that_nobody_ever_gets_more_than_five(service, clock, phone) -> None:
    phone.answers = [SmsFailed("ReadTimeout", perhaps_sent=True)] * 9
    await service.keep_contact(CONTACT)
    for _ in range(2):
        await tell(service, clock)
    for _ in range(4):
        await service.send_sms()
        clock.time += timedelta(minutes=30)

    assert phone.tries == 5
    assert sorted(state for state, _ in await texts(service)) == ["SUPPRESSED", "SUPPRESSED"]


async def test_a_text_that_cannot_be_written_is_given_up(service, clock, phone) -> None:
    await service.keep_contact(CONTACT)
    await service.tell(
        kind="order_shipped", event_id=uuid4(), user_id=ADA, at=clock.now(), facts={"number": "only this"}
    )

    for _ in range(6):
        await service.send_sms()
        clock.time += timedelta(hours=12)

    assert phone.tries == 0
    assert await texts(service) == [("GIVEN_UP", 6)]


async def test_without_a_provider_nobody_is_owed_a_text(settings, clock, mailbox) -> None:
    service = in_memory(settings, World(clock=clock), mailbox)
    await service.keep_contact(CONTACT)

    await tell(service, clock)

    assert await texts(service) == []
    assert [job.name for job in service.jobs] == ["send-mail"]
