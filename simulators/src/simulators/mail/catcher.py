"""The mail catcher as one object: an SMTP server, an HTTP app, or neither and mails handed in by hand."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from simulators.kept import MOST
from simulators.mail.faults import MailFault, MailFaults
from simulators.mail.http import create_app
from simulators.mail.mailbox import Mail, Mailbox
from simulators.mail.smtp import SmtpServer


class MailCatcher:
    """Takes every mail, delivers none, and keeps the last `keeps` of them.

    `await start_smtp()` opens the SMTP door, `app` is the HTTP one; `accept` needs neither. A `journal` keeps the mails
    over a restart.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        journal: Path | None = None,
        keeps: int = MOST,
    ) -> None:
        self._mailbox = Mailbox(now, journal, most=keeps)
        self._faults = MailFaults()
        self._smtp = SmtpServer(self._mailbox, self._faults, sleep)
        self.app = create_app(self._mailbox, self._faults, facts=self.facts)

    async def start_smtp(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen for SMTP; the port that was taken."""
        return await self._smtp.start(host, port)

    async def stop(self) -> None:
        await self._smtp.stop()

    def accept(self, message: EmailMessage) -> Mail:
        """Catch a mail without a socket (and without faults)."""
        return self._mailbox.accept(message)

    def mails(self, to: str | None = None) -> list[Mail]:
        """All mails, or those to one recipient, the oldest first."""
        return self._mailbox.mails(to)

    def clear(self) -> None:
        self._mailbox.clear()

    def misbehave(self, fault: MailFault) -> None:
        self._faults.add(fault)

    def behave(self) -> None:
        """Forget every fault that has not happened yet."""
        self._faults.clear()

    def facts(self) -> list[dict[str, Any]]:
        """The outside truth: one line for every copy that was accepted."""
        return [
            {
                "kind": "mail",
                "message_id": each.message_id,
                "to": list(each.recipients),
                "subject": each.subject,
                "received_at": each.received_at.isoformat(),
            }
            for each in self._mailbox.mails()
        ]
