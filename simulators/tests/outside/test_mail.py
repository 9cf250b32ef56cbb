"""The mail catcher, by a real SMTP client."""

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx2
import pytest
from simulators.mail import Kind, MailCatcher, MailFault, Stage

from outside.conftest import Serve


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    catcher = MailCatcher()
    yield catcher
    await catcher.stop()


@pytest.fixture
async def port(catcher: MailCatcher) -> int:
    return await catcher.start_smtp()


def a_mail(to: str = "ada@example.com", *, message_id: str = "<d-1@shop.test>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Mercato <shop@shop.test>"
    message["To"] = to
    message["Subject"] = "Your order is confirmed ✓"
    message["Message-ID"] = message_id
    message.set_content("Thank you, Zoë.\n")
    message.add_alternative("<p>Thank you, <b>Zoë</b>.</p>\n", subtype="html")
    return message


async def send(port: int, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=port, timeout=5)


async def test_a_mail_is_caught_and_decoded(catcher: MailCatcher, port: int) -> None:
    await send(port, a_mail())

    (mail,) = catcher.mails(to="ADA@example.com")
    assert (mail.sender, mail.recipients) == ("shop@shop.test", ("ada@example.com",))
    assert (mail.subject, mail.message_id) == ("Your order is confirmed ✓", "<d-1@shop.test>")
    assert (mail.text.strip(), mail.html.strip()) == ("Thank you, Zoë.", "<p>Thank you, <b>Zoë</b>.</p>")
    assert catcher.mails(to="bob@example.com") == []
    assert [(each["message_id"], each["to"]) for each in catcher.facts()] == [("<d-1@shop.test>", ["ada@example.com"])]


def test_a_mail_is_caught_without_a_socket(catcher: MailCatcher) -> None:
    catcher.accept(a_mail())

    assert [each.recipients for each in catcher.mails()] == [("ada@example.com",)]
    catcher.clear()
    assert catcher.mails() == []


def test_only_the_last_ten_thousand_are_kept(catcher: MailCatcher) -> None:
    message = a_mail()
    for _ in range(10_000):
        catcher.accept(message)
    catcher.accept(a_mail(to="last@example.com"))

    assert len(catcher.mails()) == 10_000
    assert len(catcher.mails(to="last@example.com")) == 1


def test_a_catcher_may_be_told_how_many_to_keep() -> None:
    catcher = MailCatcher(keeps=2)
    for number in range(3):
        catcher.accept(a_mail(to=f"{number}@example.com"))

    assert [each.recipients for each in catcher.mails()] == [("1@example.com",), ("2@example.com",)]


@pytest.mark.parametrize(("kind", "code"), [(Kind.REFUSE_FOR_NOW, 451), (Kind.REFUSE_FOR_GOOD, 550)])
async def test_a_refused_mail_is_not_caught(catcher: MailCatcher, port: int, kind: Kind, code: int) -> None:
    catcher.misbehave(MailFault(kind))

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await send(port, a_mail())

    assert refused.value.code == code
    assert catcher.mails() == []
    await send(port, a_mail())
    assert len(catcher.mails()) == 1


async def test_one_mailbox_is_unknown_and_others_are_not(catcher: MailCatcher, port: int) -> None:
    catcher.misbehave(MailFault(Kind.REFUSE_FOR_GOOD, to="gone@example.com", stage=Stage.RCPT))

    await send(port, a_mail())
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(port, a_mail(to="gone@example.com"))

    assert [each.code for each in refused.value.recipients] == [550]
    assert [each.recipients for each in catcher.mails()] == [("ada@example.com",)]


async def test_a_dropped_connection_hides_that_the_mail_was_taken(catcher: MailCatcher, port: int) -> None:
    catcher.misbehave(MailFault(Kind.DROP_AFTER_ACCEPTING))

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(port, a_mail())

    assert [each.message_id for each in catcher.mails()] == ["<d-1@shop.test>"]


async def test_a_slow_server_takes_the_mail_in_the_end() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    catcher = MailCatcher(sleep=sleep)
    port = await catcher.start_smtp()
    catcher.misbehave(MailFault(Kind.SLOW, seconds=20))

    await send(port, a_mail())
    await catcher.stop()

    assert slept == [20]
    assert len(catcher.mails()) == 1


async def test_mails_are_read_and_forgotten_over_http(catcher: MailCatcher, port: int, serve: Serve) -> None:
    await send(port, a_mail())
    await send(port, a_mail(to="bob@example.com", message_id="<d-2@shop.test>"))

    async with httpx2.AsyncClient(base_url=await serve(catcher.app)) as http:
        found = (await http.get("/mails", params={"to": "bob@example.com"})).json()
        facts = (await http.get("/control/facts")).text.splitlines()
        forgotten = await http.delete("/mails")

    assert [(each["message_id"], each["recipients"]) for each in found] == [("<d-2@shop.test>", ["bob@example.com"])]
    assert [json.loads(each)["message_id"] for each in facts] == ["<d-1@shop.test>", "<d-2@shop.test>"]
    assert forgotten.status_code == 204
    assert catcher.mails() == []


async def test_the_mail_server_is_told_to_misbehave_over_http(catcher: MailCatcher, port: int, serve: Serve) -> None:
    async with httpx2.AsyncClient(base_url=await serve(catcher.app)) as http:
        ordered = await http.post("/control/faults", json={"kind": "refuse_for_now", "times": 5})
        with pytest.raises(aiosmtplib.SMTPDataError):
            await send(port, a_mail())
        left = (await http.get("/control/faults")).json()
        await http.delete("/control/faults")

    assert ordered.status_code == 201
    assert [each["times"] for each in left] == [4]
    await send(port, a_mail())
    assert len(catcher.mails()) == 1
