"""From the event that is heard to the mail that is sent."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher
from chassis.messages import Contract, seal
from chassis.world import World
from contracts.order import OrderCancelled, OrderConfirmed, OrderLine, OrderProgressed, OrderRefunded, OrderShipped
from contracts.user import (
    ContactChanged,
    EmailVerificationRequested,
    EmailVerified,
    PasswordResetRequested,
    SecurityAlertRaised,
    UserRegistered,
)
from notification_service.consumers import listeners
from notification_service.ports import MailFailed, MailRefused
from notification_service.wiring import NotificationService

ADA = UUID("0190a000-0000-7000-8000-000000000001")
ORDER = UUID("0190a000-0000-7000-8000-00000000000f")


def registered(name: str = "Ada", **more: Any) -> UserRegistered:
    return UserRegistered(user_id=ADA, email="ada@example.org", name=name, locale="en", **more)


def confirmed() -> OrderConfirmed:
    line = OrderLine(sku="MUG-1", name="Mug <& Co>", quantity=2, unit_price=1250, total=2500)
    return OrderConfirmed(
        order_id=ORDER,
        user_id=ADA,
        number="M-7K3Q-92TD",
        lines=(line,),
        subtotal=2500,
        shipping=490,
        tax=568,
        total=3558,
        currency="EUR",
    )


async def hear(service: NotificationService, message: Contract, *, seq: int = 0, id_: UUID | None = None) -> Verdict:
    envelope = seal(message, world=World(), message_id=id_ or uuid4(), seq=seq).envelope
    return await Dispatcher(*listeners(service))(envelope.model_dump_json().encode())


async def states(service: NotificationService) -> list[str]:
    return [fact["state"] async for fact in service.facts() if fact["kind"] == "delivery"]


async def test_a_confirmed_order_is_mailed_to_its_buyer(service, mailbox) -> None:
    await hear(service, registered(), seq=1)

    assert await hear(service, confirmed()) is Verdict.DONE
    assert await service.send_mail() == 1

    [mail] = mailbox.mails
    assert mail["To"] == "ada@example.org"
    assert mail["Subject"] == "Your order M-7K3Q-92TD is confirmed"
    assert mail["Message-ID"].endswith("@mercato.example>")
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "2 x Mug <& Co>: €25.00" in text
    assert "Total: €35.58" in text
    assert "2 \u00d7 Mug &lt;&amp; Co&gt;" in html
    assert f"https://shop.example/orders/{ORDER}" in text
    assert await states(service) == ["ACCEPTED"]


async def test_hearing_an_event_five_times_sends_one_mail(service, mailbox) -> None:
    await hear(service, registered(), seq=1)
    event = uuid4()

    for _ in range(5):
        assert await hear(service, confirmed(), id_=event) is Verdict.DONE
        await service.send_mail()

    assert len(mailbox.mails) == 1


async def test_a_mail_waits_for_a_contact_that_comes_later(service, mailbox) -> None:
    await hear(service, confirmed())
    assert await service.send_mail() == 0
    assert await states(service) == ["WAITING_FOR_CONTACT"]

    await hear(service, registered(), seq=1)
    await service.send_mail()

    assert [mail["To"] for mail in mailbox.mails] == ["ada@example.org"]


async def test_an_older_state_of_a_contact_does_not_replace_a_newer_one(service, mailbox) -> None:
    await hear(service, EmailVerified(user_id=ADA, email="new@example.org", name="Ada", locale="en"), seq=2)
    await hear(service, registered(), seq=1)

    await hear(service, confirmed())
    await service.send_mail()

    assert [mail["To"] for mail in mailbox.mails] == ["new@example.org"]


async def test_a_verification_goes_to_the_address_in_question_and_is_forgotten_afterwards(service, mailbox) -> None:
    await hear(service, registered(), seq=1)
    asked = EmailVerificationRequested(
        user_id=ADA,
        email="other@example.org",
        name="Ada",
        locale="en",
        token="t0k-en",
        expires_at=datetime(2026, 11, 2, tzinfo=UTC),
    )

    await hear(service, asked)
    await service.send_mail()

    [mail] = mailbox.mails
    assert mail["To"] == "other@example.org"
    assert "https://shop.example/verify-email?token=t0k-en" in mail.get_body(("plain",)).get_content()
    assert "t0k-en" not in json.dumps([fact async for fact in service.facts()])


async def test_a_password_reset_is_mailed_to_the_address_that_asked_and_is_forgotten_afterwards(
    service, mailbox
) -> None:
    await hear(
        service,
        PasswordResetRequested(
            user_id=ADA,
            email="ada@example.org",
            name="Ada <b>",
            locale="en",
            token="t0k-en",
            expires_at=datetime(2026, 11, 2, tzinfo=UTC),
        ),
    )
    await service.send_mail()

    [mail] = mailbox.mails
    text, html = (part.get_content() for part in mail.iter_parts())
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "Choose a new password")
    assert "https://shop.example/reset-password?token=t0k-en" in text
    assert 'href="https://shop.example/reset-password?token=t0k-en"' in html
    assert "Dear Ada &lt;b&gt;," in html
    assert "t0k-en" not in json.dumps([fact async for fact in service.facts()])


def alert(kind: str) -> SecurityAlertRaised:
    return SecurityAlertRaised(user_id=ADA, kind=kind, happened_at=datetime(2026, 11, 2, 13, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("refresh_reused", "somebody used a session of yours"),
        ("password_changed", "your password was changed"),
        ("password_reset", "a new password was chosen"),
        ("sessions_ended", "everybody who was signed in to your account is signed out"),
        ("account_disabled", "your account was closed by our staff"),
        ("account_enabled", "your account was opened again"),
        ("of_a_later_version", "something about its security has changed"),
    ],
)
async def test_an_alert_says_what_has_happened_and_where_to_go(service, mailbox, kind, sentence) -> None:
    await hear(service, registered("Ada <b>"), seq=1)

    await hear(service, alert(kind))
    await service.send_mail()

    text, html = (part.get_content() for part in mailbox.mails[0].iter_parts())
    assert mailbox.mails[0]["Subject"] == "Something has happened to your account"
    assert f"{sentence}" in text
    assert "on 2026-11-02 at 13:07 UTC" in text
    assert "https://shop.example/forgotten-password" in text
    assert 'href="https://shop.example/account/security"' in html
    assert "Dear Ada &lt;b&gt;," in html


async def test_an_alert_waits_for_a_contact_that_comes_later(service, mailbox) -> None:
    await hear(service, alert("password_changed"))
    assert await service.send_mail() == 0

    await hear(service, registered(), seq=1)
    await service.send_mail()

    assert [mail["To"] for mail in mailbox.mails] == ["ada@example.org"]


async def test_a_changed_contact_is_kept_whole(service, mailbox) -> None:
    changed = ContactChanged(
        user_id=ADA, email="new@example.org", name="Ada L.", locale="de", phone="+4930123456", verified=True
    )
    await hear(service, registered(), seq=1)

    assert await hear(service, changed, seq=3) is Verdict.DONE
    await hear(service, EmailVerified(user_id=ADA, email="old@example.org", name="Ada", locale="en"), seq=2)

    kept = await service.keep_contact.contacts.get(ADA)
    assert (kept.email, kept.name, kept.locale) == ("new@example.org", "Ada L.", "de")
    assert (kept.phone, kept.verified, kept.seq) == ("+4930123456", True, 3)


@pytest.mark.parametrize(
    ("refunded", "sentence"),
    [(0, "You have not been charged."), (3558, "We have returned €35.58 to you.")],
)
async def test_a_cancellation_says_what_became_of_the_money(service, mailbox, refunded, sentence) -> None:
    await hear(service, registered(), seq=1)
    over = OrderCancelled(
        order_id=ORDER,
        user_id=ADA,
        number="M-7K3Q-92TD",
        reason="OUT_OF_STOCK",
        total=3558,
        currency="EUR",
        refunded=refunded,
    )

    await hear(service, over)
    await service.send_mail()

    text = mailbox.mails[0].get_body(("plain",)).get_content()
    assert sentence in text
    assert "somebody else bought the last one" in text


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("PAYMENT_DECLINED", "your payment was declined"),
        ("CUSTOMER", "as you asked"),
        ("STAFF", "our staff had to end it"),
        ("TIMED_OUT", "your payment did not come in time"),
    ],
)
async def test_a_cancellation_says_why(service, mailbox, reason, sentence) -> None:
    await hear(service, registered(), seq=1)
    named = {"order_id": ORDER, "user_id": ADA, "number": "M-7K3Q-92TD"}

    await hear(service, OrderCancelled(**named, reason=reason, total=3558, currency="EUR", refunded=0))
    await service.send_mail()

    assert f"is cancelled: {sentence}." in mailbox.mails[0].get_body(("plain",)).get_content()


async def test_a_parcel_that_left_is_announced_with_its_number(service, mailbox) -> None:
    await hear(service, registered(), seq=1)
    lines = confirmed().lines
    shipped = OrderShipped(
        order_id=ORDER, user_id=ADA, number="M-7K3Q-92TD", carrier="Post <& Co>", tracking="TR-4711", lines=lines
    )

    assert await hear(service, shipped) is Verdict.DONE
    await service.send_mail()

    [mail] = mailbox.mails
    text, html = (part.get_content() for part in mail.iter_parts())
    assert mail["Subject"] == "Your order M-7K3Q-92TD is on its way"
    assert "2 x Mug <& Co>" in text
    assert "Post <& Co> carries it under the number TR-4711." in text
    assert "Post &lt;&amp; Co&gt; carries it under the number <strong>TR-4711</strong>" in html
    assert f'href="https://shop.example/orders/{ORDER}"' in html


@pytest.mark.parametrize(
    ("refunded", "there", "not_there"),
    [
        (1000, "of your order", ["all that you had paid", "came back before"]),
        (1500, "With what came back before, that makes €15.00.", ["all that you had paid"]),
        (3558, "That is all that you had paid.", ["came back before"]),
    ],
)
async def test_a_refund_says_how_much_came_back(service, mailbox, refunded, there, not_there) -> None:
    await hear(service, registered(), seq=1)
    refund = OrderRefunded(
        order_id=ORDER,
        user_id=ADA,
        number="M-7K3Q-92TD",
        refund_id=uuid4(),
        amount=1000,
        currency="EUR",
        refunded=refunded,
        total=3558,
    )

    assert await hear(service, refund) is Verdict.DONE
    await service.send_mail()

    [mail] = mailbox.mails
    assert mail["Subject"] == "Money back for your order M-7K3Q-92TD"
    for part in mail.iter_parts():
        text = part.get_content()
        assert there in text
        assert "€10.00" in text
        assert not any(each in text for each in not_there)


async def test_a_server_that_is_not_there_is_tried_again_on_schedule(service, mailbox, clock) -> None:
    mailbox.answers = [MailFailed("421 later"), MailFailed("timeout"), None]
    await hear(service, registered(), seq=1)
    await hear(service, confirmed())

    await service.send_mail()
    assert await service.send_mail() == 0
    clock.time += timedelta(minutes=1)
    await service.send_mail()
    clock.time += timedelta(minutes=4)
    assert await service.send_mail() == 0
    clock.time += timedelta(minutes=1)
    await service.send_mail()

    assert len(mailbox.mails) == 1
    assert await states(service) == ["ACCEPTED"]


async def test_after_the_last_try_it_is_given_up_and_not_sent(service, mailbox, clock) -> None:
    mailbox.answers = [MailFailed("421")] * 6
    await hear(service, registered(), seq=1)
    await hear(service, confirmed())

    for _ in range(8):
        await service.send_mail()
        clock.time += timedelta(hours=12)

    assert await states(service) == ["GIVEN_UP"]
    assert mailbox.mails == []


async def test_a_refused_address_is_not_tried_again(service, mailbox, clock) -> None:
    mailbox.answers = [MailRefused("550 no such user")]
    await hear(service, registered(), seq=1)
    await hear(service, confirmed())

    await service.send_mail()
    clock.time += timedelta(days=1)
    await service.send_mail()

    assert await states(service) == ["SUPPRESSED"]
    assert mailbox.mails == []


async def test_a_line_break_in_a_name_starts_no_header(service, mailbox) -> None:
    await hear(service, registered(name="Ada\r\nBcc: all@example.org"), seq=1)
    await hear(service, confirmed().model_copy(update={"number": "M-1\r\nBcc: all@example.org"}))

    await service.send_mail()

    assert mailbox.mails[0]["Bcc"] is None
    assert mailbox.mails[0]["Subject"] == "Your order M-1 Bcc: all@example.org is confirmed"


async def test_an_unknown_message_is_dead_and_owes_nothing(service) -> None:
    assert await Dispatcher(*listeners(service))(b'{"type": "OrderLost.v1"}') is Verdict.DEAD
    assert [fact async for fact in service.facts()] == []


async def test_a_step_of_an_order_is_shown_to_those_who_watch_and_mailed_to_nobody(service, mailbox) -> None:
    await hear(service, registered(), seq=1)
    step, event = OrderProgressed(order_id=ORDER, user_id=ADA, number="M-1", state="RESERVED"), uuid4()

    for _ in range(2):
        assert await hear(service, step, seq=2, id_=event) is Verdict.DONE
    assert await service.send_mail() == 0

    feed = await service.show.feeds.look(ADA)
    assert [(each.seq, each.news.kind, each.news.order_id) for each in feed.items] == [(1, "order_progressed", ORDER)]
    assert feed.items[0].news.facts == {"number": "M-1", "state": "RESERVED", "version": 2}
    assert feed.unread == 0


async def test_what_is_mailed_about_an_order_stands_in_the_feed_too(service) -> None:
    await hear(service, confirmed(), seq=5)

    [item] = (await service.show.feeds.look(ADA)).items

    assert (item.seq, item.news.kind, item.news.order_id) == (1, "order_confirmed", ORDER)
    assert item.news.facts == {"number": "M-7K3Q-92TD", "version": 5, "total": 3558, "currency": "EUR"}
