"""The SMTP door of the mail catcher, in the running event loop."""

import asyncio
import email
import email.policy
from collections.abc import Awaitable, Callable
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from simulators.mail.faults import Kind, MailFaults, Stage
from simulators.mail.mailbox import Mailbox

MAX_MAIL_BYTES = 1024 * 1024
IDLE_SECONDS = 60.0
ACCEPTED = "250 2.0.0 OK: caught"
REFUSALS = {
    Kind.REFUSE_FOR_NOW: "451 4.3.0 Try again later",
    Kind.REFUSE_FOR_GOOD: "550 5.1.1 No such mailbox",
}


class SmtpServer:
    def __init__(self, mailbox: Mailbox, faults: MailFaults, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._mailbox = mailbox
        self._faults = faults
        self._sleep = sleep
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; the port that was taken (0 asks for any free one)."""
        self._server = await asyncio.get_running_loop().create_server(self._session, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            _hang_up(session)
        await self._server.wait_closed()
        self._server = None
        self._sessions.clear()

    def _session(self) -> SMTP:
        self._sessions = {each for each in self._sessions if each.transport is not None}
        session = SMTP(
            self,
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="mail.simulator",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        fault = self._faults.take(Stage.RCPT, [address])
        if fault is not None and fault.kind in REFUSALS:
            return REFUSALS[fault.kind]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        fault = self._faults.take(Stage.DATA, envelope.rcpt_tos)
        kind = fault.kind if fault else None
        if kind in REFUSALS:
            return REFUSALS[kind]
        if fault is not None and kind is Kind.SLOW:
            await self._sleep(fault.seconds)
        self._mailbox.accept(_parse(envelope), sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        if kind is Kind.DROP_AFTER_ACCEPTING:
            _hang_up(server)
        return ACCEPTED


def _parse(envelope: Envelope) -> EmailMessage:
    content = envelope.content or b""
    raw = content.encode() if isinstance(content, str) else content
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def _hang_up(session: SMTP) -> None:
    if isinstance(session.transport, asyncio.WriteTransport):
        session.transport.abort()
