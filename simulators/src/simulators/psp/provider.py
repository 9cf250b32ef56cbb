"""The payment provider as one object: an app to serve, a truth to ask, faults to order."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from simulators.psp import control
from simulators.psp.app import create_app, customer_routes, event_routes, intent_routes, refund_routes, session_routes
from simulators.psp.bank import Bank
from simulators.psp.customers import Customers, PaymentMethods
from simulators.psp.desk import Asked, Desk
from simulators.psp.events import Events
from simulators.psp.facts import facts
from simulators.psp.faults import Fault, Faults
from simulators.psp.intents import Intents
from simulators.psp.nature import Nature, Tasks, random_id
from simulators.psp.pages import page_routes
from simulators.psp.records import Event, Json
from simulators.psp.refunds import Refunds
from simulators.psp.sessions import Sessions
from simulators.psp.store import Store
from simulators.psp.webhooks import Courier, Deliver, HttpDelivery


class Psp:
    """A payment provider that speaks the Stripe API.

    Serve `app` (the API under /v1, the controls under /control) and `start` it for webhooks, which go to `webhook_url`
    or to `deliver(body, signature) -> status`; with neither, events are only listed. Without `api_key` any key will do.
    Customers reach its pages (/pay and /act) at `public_url`. A `journal` keeps the books over a restart. Calls that
    time out hang for `hang_seconds`.
    """

    def __init__(
        self,
        *,
        webhook_secret: str,
        webhook_url: str | None = None,
        deliver: Deliver | None = None,
        api_key: str | None = None,
        public_url: str = "http://127.0.0.1:9001",
        hang_seconds: float = 30.0,
        journal: Path | None = None,
        now: Callable[[], float] = time.time,
        new_id: Callable[[str], str] = random_id,
        fraction: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        nature = Nature(now=now, new_id=new_id, fraction=fraction, sleep=sleep)
        self._store = Store(journal=journal)
        self._faults = Faults()
        self._tasks = Tasks()
        self._http = HttpDelivery(webhook_url) if webhook_url and deliver is None else None
        self._courier = Courier(
            deliver or self._http,
            secret=webhook_secret,
            faults=self._faults,
            nature=nature,
            tasks=self._tasks,
            settled=self._settled,
        )
        self._courying: asyncio.Task[None] | None = None
        self._unsent = [each for each in self._store.events.values() if each.pending_webhooks]
        self._desk = desk = Desk(
            self._store,
            faults=self._faults,
            nature=nature,
            tasks=self._tasks,
            post=self._courier.post,
            api_key=api_key,
            hang_seconds=hang_seconds,
        )
        customers = Customers(self._store, nature)
        methods = PaymentMethods(self._store, nature, customers)
        bank = Bank(self._store, nature, public_url=public_url.rstrip("/"))
        intents = Intents(self._store, nature, bank, customers, methods)
        sessions = Sessions(self._store, nature, bank, intents, methods, public_url=public_url.rstrip("/"))
        self.app = create_app(
            intent_routes(desk, intents),
            session_routes(desk, sessions),
            page_routes(desk, sessions),
            refund_routes(desk, Refunds(self._store, nature, intents)),
            event_routes(desk, Events(self._store)),
            customer_routes(desk, customers, methods),
            control.session_control(desk, sessions),
            control.router(self._faults, facts=self.facts, pending_webhooks=self.pending_webhooks),
        )

    async def start(self) -> None:
        """Begin to deliver webhooks, those first that an earlier life left undelivered."""
        if self._courying is not None:
            return
        for event in self._unsent:
            self._courier.post(event)
        self._unsent.clear()
        self._courying = self._tasks.spawn(self._courier.run())

    async def stop(self) -> None:
        """Drop what is under way, as a process that ends would."""
        await self._tasks.stop()
        self._courying = None
        if self._http is not None:
            await self._http.close()
        self._store.close()

    def facts(self) -> list[Json]:
        """The outside truth: authorisations, captures and refunds."""
        return list(facts(self._store))

    def asked(self, order_id: str | None = None) -> list[Asked]:
        """What the shop has asked for, the oldest first: everything, or about one order."""
        return [each for each in self._desk.diary if order_id in (None, each.order_id)]

    def waiting_faults(self) -> list[Fault]:
        """Those that have not happened yet."""
        return self._faults.waiting()

    def misbehave(self, fault: Fault) -> None:
        self._faults.add(fault)

    def behave(self) -> None:
        """Forget every fault that has not happened yet."""
        self._faults.clear()

    def pending_webhooks(self) -> int:
        """Events that still have to be delivered."""
        return sum(each.pending_webhooks for each in self._store.events.values())

    def _settled(self, event: Event) -> None:
        event.pending_webhooks = 0
        self._store.keep(event)
        self._store.commit()
