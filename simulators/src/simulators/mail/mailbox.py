"""The mails that were caught, the newest last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

from simulators.kept import MOST, Kept


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it. `recipients` are those of the envelope."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    text: str
    html: str
    received_at: datetime


class Mailbox:
    """Keeps the last `most` mails."""

    def __init__(self, now: Callable[[], float], journal: Path | None = None, *, most: int = MOST) -> None:
        self._now = now
        self._mails = Kept(Mail, journal, most=most)

    def accept(
        self, message: EmailMessage, *, sender: str | None = None, recipients: Sequence[str] | None = None
    ) -> Mail:
        """Catch one mail. Without an envelope, the headers say from whom and to whom."""
        mail = Mail(
            sender=sender if sender is not None else _addresses(message, "From")[0],
            recipients=tuple(recipients if recipients is not None else _addresses(message, "To", "Cc", "Bcc")),
            subject=str(message["Subject"] or ""),
            message_id=str(message["Message-ID"] or "").strip(),
            text=_part(message, "plain"),
            html=_part(message, "html"),
            received_at=datetime.fromtimestamp(self._now(), UTC),
        )
        self._mails.add(mail)
        return mail

    def mails(self, to: str | None = None) -> list[Mail]:
        """All mails, or those to one recipient (in any case of letters), the oldest first."""
        if to is None:
            return list(self._mails)
        return [each for each in self._mails if to.lower() in (one.lower() for one in each.recipients)]

    def clear(self) -> None:
        self._mails.clear()


def _addresses(message: EmailMessage, *headers: str) -> list[str]:
    values = [str(value) for header in headers for value in message.get_all(header, [])]
    return [address for _, address in getaddresses(values) if address] or [""]


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    return str(part.get_content()) if part is not None else ""
