"""Sending over a real socket, to servers that behave and servers that do not."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from email.message import EmailMessage

import pytest
from notification_service.adapters.smtp_mailer import SmtpMailer
from notification_service.ports import MailFailed, MailRefused
from simulators.mail import Kind, MailCatcher, MailFault, Stage


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    held = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await held.wait()

    catcher = MailCatcher(sleep=sleep)
    yield catcher
    held.set()
    await catcher.stop()


@pytest.fixture
async def port(catcher: MailCatcher) -> int:
    return await catcher.start_smtp()


def a_mailer(port: int, *, username: str | None = None, connect: float = 5, total: float = 5) -> SmtpMailer:
    password = "secret" if username else None
    return SmtpMailer(
        host="127.0.0.1",
        port=port,
        username=username,
        password=password,
        start_tls=False,
        connect=connect,
        total=total,
    )


def a_mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Mercato <hello@mercato.example>"
    message["To"] = "ada@example.org"
    message["Subject"] = "Grüße"
    message["Message-ID"] = "<d-1@mercato.example>"
    message.set_content("Thank you.")
    return message


async def test_a_mail_is_accepted(catcher: MailCatcher, port: int) -> None:
    await a_mailer(port).send(a_mail())

    [mail] = catcher.mails()
    assert (mail.sender, mail.recipients) == ("hello@mercato.example", ("ada@example.org",))
    assert (mail.subject, mail.message_id) == ("Grüße", "<d-1@mercato.example>")


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(("kind", "outcome"), [(Kind.REFUSE_FOR_NOW, MailFailed), (Kind.REFUSE_FOR_GOOD, MailRefused)])
async def test_4xx_may_be_tried_again_and_5xx_may_not(catcher: MailCatcher, port: int, kind, outcome, stage) -> None:
    catcher.misbehave(MailFault(kind, stage=stage))

    with pytest.raises(outcome, match=r"\d{3} "):
        await a_mailer(port).send(a_mail())

    assert catcher.mails() == []


async def test_a_connection_that_breaks_before_the_250_leaves_it_open_whether_the_mail_was_taken(
    catcher: MailCatcher, port: int
) -> None:
    catcher.misbehave(MailFault(Kind.DROP_AFTER_ACCEPTING))

    with pytest.raises(MailFailed):
        await a_mailer(port).send(a_mail())
    await a_mailer(port).send(a_mail())

    assert [each.message_id for each in catcher.mails()] == ["<d-1@mercato.example>"] * 2


async def test_a_server_that_is_too_slow_is_not_waited_for(catcher: MailCatcher, port: int) -> None:
    catcher.misbehave(MailFault(Kind.SLOW, seconds=3600))

    with pytest.raises(MailFailed):
        await a_mailer(port, total=0.2).send(a_mail())


async def test_where_nobody_listens_the_mail_fails() -> None:
    with pytest.raises(MailFailed):
        await a_mailer(1).send(a_mail())


ALL_IS_WELL = {
    "": "220 hello",
    "EHLO": "250-here\r\n250 AUTH PLAIN",
    "AUTH": "235 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@pytest.fixture
async def server() -> AsyncIterator[object]:
    """A mail server that answers each verb as told: "" is the greeting, "." the end of a mail. None is silence."""
    opened: list[asyncio.Server] = []

    async def listen(answers: Mapping[str, str | None]) -> int:
        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            verb = ""
            while (answer := answers.get(verb)) is not None:
                writer.write(f"{answer}\r\n".encode())
                ends = b"\r\n.\r\n" if answer.startswith("354") else b"\r\n"
                said = await reader.readuntil(ends)
                verb = "." if answer.startswith("354") else said.decode().split()[0].upper()
            await reader.read()
            writer.close()

        opened.append(await asyncio.start_server(converse, "127.0.0.1", 0))
        return opened[0].sockets[0].getsockname()[1]

    yield listen
    for each in opened:
        each.close()
        await each.wait_closed()


@pytest.mark.parametrize(
    ("verb", "says"),
    [
        ("", "554 not to you"),
        ("AUTH", "535 wrong password"),
        ("MAIL", "550 we do not know this sender"),
    ],
)
async def test_what_is_said_to_us_and_not_about_the_mail_does_not_suppress_it(server, verb, says) -> None:
    port = await server({**ALL_IS_WELL, verb: says})

    with pytest.raises(MailFailed, match=says[:3]):
        await a_mailer(port, username="mercato").send(a_mail())


@pytest.mark.parametrize("verb", ["", "EHLO", "MAIL"])
async def test_a_server_that_falls_silent_is_given_up(server, verb) -> None:
    port = await server({**ALL_IS_WELL, verb: None})

    with pytest.raises(MailFailed):
        await a_mailer(port, connect=0.2, total=0.4).send(a_mail())


async def test_a_goodbye_that_nobody_answers_does_not_unsend_the_mail(server) -> None:
    port = await server({**ALL_IS_WELL, "QUIT": None})

    await a_mailer(port, connect=0.2).send(a_mail())
