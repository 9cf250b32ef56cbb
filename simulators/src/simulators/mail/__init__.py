"""A mail server that keeps what it is given, for tests and developers to read."""

from simulators.mail.catcher import MailCatcher
from simulators.mail.faults import Kind, MailFault, Stage
from simulators.mail.mailbox import Mail

__all__ = ["Kind", "Mail", "MailCatcher", "MailFault", "Stage"]
