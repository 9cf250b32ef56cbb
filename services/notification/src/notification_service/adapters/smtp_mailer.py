"""Sending by SMTP."""

from email.message import EmailMessage

import aiosmtplib

from notification_service.ports import MailFailed, MailRefused

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0


class SmtpMailer:
    """One connection a mail: slow and simple, and no connection that died unseen."""

    def __init__(self, *, host: str, port: int, username: str | None, password: str | None, start_tls: bool) -> None:
        self._host = host
        self._port = port
        self._username = username
        self._password = password
        self._start_tls = start_tls

    async def send(self, message: EmailMessage) -> None:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            start_tls=self._start_tls,
            timeout=CONNECT_SECONDS,
        )
        try:
            async with client:
                await client.send_message(message, timeout=TOTAL_SECONDS)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _said(min(each.code for each in refused.recipients), str(refused.recipients)) from refused
        except aiosmtplib.SMTPResponseException as refused:
            raise _said(refused.code, refused.message) from refused
        except (aiosmtplib.SMTPException, OSError) as failed:
            raise MailFailed(type(failed).__name__) from failed


def _said(code: int, message: str) -> MailRefused | MailFailed:
    return (MailRefused if code >= 500 else MailFailed)(f"{code} {message}")
