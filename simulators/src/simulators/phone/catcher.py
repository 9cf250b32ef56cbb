"""The phone catcher as one object: its HTTP app, and what it was given."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from simulators.phone.control import control
from simulators.phone.faults import PhoneFault, PhoneFaults
from simulators.phone.messages import Messages, Sms
from simulators.phone.twilio import Refusal, refuse, twilio


class PhoneCatcher:
    """Takes every text message and delivers none. With `account` and `token`, only from whoever knows them.

    A `journal` keeps them over a restart.
    """

    def __init__(
        self,
        *,
        account: str | None = None,
        token: str | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        journal: Path | None = None,
    ) -> None:
        self._messages = Messages(now, journal)
        self._faults = PhoneFaults()
        self.app = FastAPI(title="Phone catcher", docs_url=None, redoc_url=None, openapi_url=None)
        self.app.add_exception_handler(Refusal, refuse)
        self.app.include_router(twilio(self._messages, self._faults, account=account, token=token, sleep=sleep))
        self.app.include_router(control(self._messages, self._faults, facts=self.facts))

    def texts(self, to: str | None = None) -> list[Sms]:
        """All text messages, or those to one number, the oldest first."""
        return self._messages.all(to)

    def clear(self) -> None:
        self._messages.clear()

    def misbehave(self, fault: PhoneFault) -> None:
        self._faults.add(fault)

    def behave(self) -> None:
        """Forget every fault that has not happened yet."""
        self._faults.clear()

    def facts(self) -> list[dict[str, Any]]:
        """The outside truth: one line for every message that was taken."""
        return [
            {"kind": "sms", "sid": each.sid, "to": each.to, "received_at": each.received_at.isoformat()}
            for each in self._messages.all()
        ]
