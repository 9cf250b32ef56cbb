"""`python -m tests.faults.shop.hasty_worker payment|notification`: the shipped worker, but for its patience.

In earnest a call to the provider may take ten seconds and a mail half a minute, the next attempt at a mail comes after
a minute, and whoever has left a call unfinished keeps the payment for twenty seconds.
"""

import runpy
import sys
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

CALL_SECONDS = 1.0
LEASE_SECONDS = 3.0
SCHEDULE = tuple(timedelta(seconds=each) for each in (0.2, 0.4, 0.8, 1.6, 3.2))


def hurry_payment() -> None:
    sdk: Any = import_module("payment_service.adapters.stripe_sdk")
    sdk.TOTAL_SECONDS = CALL_SECONDS
    for name in ("settle_payment", "settle_refund"):
        settling: Any = import_module(f"payment_service.use_cases.{name}")
        settling.LEASE_SECONDS = LEASE_SECONDS


def hurry_notification() -> None:
    for name in ("send_mail", "send_sms"):
        sending: Any = import_module(f"notification_service.use_cases.{name}")
        sending.Sending = partial(sending.Sending, schedule=SCHEDULE)
    mailer: Any = import_module("notification_service.adapters.smtp_mailer")
    mailer.SmtpMailer = partial(mailer.SmtpMailer, connect=CALL_SECONDS, total=CALL_SECONDS)
    wiring: Any = import_module("notification_service.wiring")
    wiring.TwilioSms = partial(wiring.TwilioSms, total=CALL_SECONDS)


if __name__ == "__main__":
    service = sys.argv[1]
    {"payment": hurry_payment, "notification": hurry_notification}[service]()
    runpy.run_module(f"{service}_service.worker", run_name="__main__", alter_sys=True)
