"""A provider of text messages that keeps what it is given, for tests and developers to read."""

from simulators.phone.catcher import PhoneCatcher
from simulators.phone.faults import Kind, PhoneFault
from simulators.phone.messages import Sms

__all__ = ["Kind", "PhoneCatcher", "PhoneFault", "Sms"]
