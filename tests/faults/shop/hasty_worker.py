"""`python -m tests.faults.shop.hasty_worker payment|notification|order [SECONDS]`: the shipped worker, less patient.

In earnest a call to the provider may take ten seconds and a mail half a minute, the next attempt at a mail comes after
a minute, and whoever has left something unfinished keeps it for up to a minute. Here a call may take so many SECONDS,
and what is unfinished is kept three times as long.
"""

import runpy
import sys
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

from dev.processes import Process, python

CALL_SECONDS = 1.0
CALM_SECONDS = 4.0
"""For tests in which the world outside does not misbehave: longer than it takes on a busy machine."""
LEASES = 3
SCHEDULE = tuple(timedelta(seconds=each) for each in (0.2, 0.4, 0.8, 1.6, 3.2))


def hurry_payment(seconds: float) -> None:
    sdk: Any = import_module("payment_service.adapters.stripe_sdk")
    sdk.TOTAL_SECONDS = seconds
    for name in ("settle_payment", "settle_refund"):
        settling: Any = import_module(f"payment_service.use_cases.{name}")
        settling.LEASE_SECONDS = LEASES * seconds


def hurry_notification(seconds: float) -> None:
    for name in ("send_mail", "send_sms"):
        sending: Any = import_module(f"notification_service.use_cases.{name}")
        sending.Sending = partial(sending.Sending, schedule=SCHEDULE)
    mailer: Any = import_module("notification_service.adapters.smtp_mailer")
    mailer.SmtpMailer = partial(mailer.SmtpMailer, connect=seconds, total=seconds)
    wiring: Any = import_module("notification_service.wiring")
    wiring.TwilioSms = partial(wiring.TwilioSms, total=seconds)
    work: Any = import_module("notification_service.use_cases.sending")
    work.LEASE = timedelta(seconds=LEASES * seconds)


def hurry_order(seconds: float) -> None:
    sweeping: Any = import_module("order_service.use_cases.sweep")
    sweeping.LEASE = timedelta(seconds=LEASES * seconds)


HURRIES = {"payment": hurry_payment, "notification": hurry_notification, "order": hurry_order}


def hasty(process: Process) -> Collection[str]:
    """How to start a process of a street whose workers are so; those without patience are started as usual."""
    service, _, room = process.name.partition("-")
    return (
        python(__name__, service, str(CALM_SECONDS))
        if room.startswith("worker") and service in HURRIES
        else process.command
    )


if __name__ == "__main__":
    service, *seconds = sys.argv[1:]
    HURRIES[service](float(seconds[0]) if seconds else CALL_SECONDS)
    runpy.run_module(f"{service}_service.worker", run_name="__main__", alter_sys=True)
