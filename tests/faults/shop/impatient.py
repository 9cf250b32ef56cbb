"""`python -m tests.faults.shop.impatient MODULE`: the module as it is shipped, to whom time is a fifth as long.

How long a call to the world outside may take, how long a lease lasts, which is longer, and, shorter still, when a mail
is tried again. In earnest that is up to a minute, for which no test wants to wait after each fault.
"""

import runpy
import sys
from importlib import import_module
from typing import Any

from dev.processes import Process, python

FASTER = 5


def impatient(process: Process) -> tuple[str, ...]:
    """The command line of such a process."""
    *_, module = process.command
    return python("tests.faults.shop.impatient", module)


def main(module: str) -> None:
    match module.partition(".")[0]:
        case "payment_service":
            hurry_payments()
        case "notification_service":
            hurry_mails()
        case "order_service":
            sweeping: Any = import_module("order_service.use_cases.sweep")
            sweeping.LEASE /= FASTER
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def hurry_payments() -> None:
    sdk: Any = import_module("payment_service.adapters.stripe_sdk")
    sdk.TOTAL_SECONDS /= FASTER
    for each in ("settle_payment", "settle_refund"):
        work: Any = import_module(f"payment_service.use_cases.{each}")
        work.LEASE_SECONDS /= FASTER


def hurry_mails() -> None:
    mailer: Any = import_module("notification_service.adapters.smtp_mailer").SmtpMailer
    defaults = mailer.__init__.__kwdefaults__
    mailer.__init__.__kwdefaults__ = {name: seconds / FASTER for name, seconds in defaults.items()}
    sending: Any = import_module("notification_service.use_cases.sending")
    sending.LEASE /= FASTER
    sending.Sending.__init__.__defaults__ = (tuple(each / FASTER**2 for each in sending.SCHEDULE),)


if __name__ == "__main__":
    main(*sys.argv[1:])
