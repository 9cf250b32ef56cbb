"""Sending by SMTP."""

import asyncio
from contextlib import suppress
from email.message import EmailMessage

import aiosmtplib
from chassis import tracing

from notification_service.ports import MailFailed, MailRefused

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0


class SmtpMailer:
    """One connection a mail: slow and simple, and no connection that died unseen.

    `connect` and `total` are seconds: for the server to greet us, and for all that is said up to its 250.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str | None,
        password: str | None,
        start_tls: bool,
        connect: float = CONNECT_SECONDS,
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._username = username
        self._password = password
        self._start_tls = start_tls
        self._connect = connect
        self._total = total

    async def send(self, message: EmailMessage) -> None:
        client = self._client()
        try:
            with tracing.step("SMTP send", peer_service="smtp"):
                await self._talk(client, message)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _said(min(each.code for each in refused.recipients), str(refused.recipients)) from refused
        except aiosmtplib.SMTPDataError as refused:
            raise _said(refused.code, refused.message) from refused
        except aiosmtplib.SMTPResponseException as refused:
            # To us, not to this mail: a wrong password or sender is put right, and then the mail can go.
            raise MailFailed(f"{refused.code} {refused.message}") from refused
        except (aiosmtplib.SMTPException, OSError) as failed:
            client.close()
            raise MailFailed(type(failed).__name__) from failed
        finally:
            await self._part(client)

    async def _talk(self, client: aiosmtplib.SMTP, message: EmailMessage) -> None:
        async with asyncio.timeout(self._total):
            await client.connect(timeout=self._connect)
            await client.send_message(message, timeout=self._total)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            start_tls=self._start_tls,
        )

    async def _part(self, client: aiosmtplib.SMTP) -> None:
        """Say goodbye; whatever comes of it, the mail was accepted or was not before."""
        with suppress(aiosmtplib.SMTPException, OSError):
            if client.is_connected:
                await client.quit(timeout=self._connect)
        client.close()


def _said(code: int, message: str) -> MailRefused | MailFailed:
    return (MailRefused if code >= 500 else MailFailed)(f"{code} {message}")
