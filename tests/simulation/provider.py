"""The card provider: the simulator's own, below its HTTP, and a client of it that speaks for one process.

What the real client makes of each answer is `stripe_provider.py`'s business, which has tests of its own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, override
from uuid import UUID

from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.refund import ProviderRefund, RefundState
from payment_service.domain.session import Session, SessionStatus
from payment_service.ports import Card, Declined, FoundIntent, OutcomeUnknown, Refused, TryAgainLater
from simulators.psp.bank import Bank
from simulators.psp.call import Call
from simulators.psp.customers import Customers, PaymentMethods
from simulators.psp.desk import Desk
from simulators.psp.facts import facts
from simulators.psp.faults import Fault, Faults, Operation
from simulators.psp.idempotency import Claim
from simulators.psp.intents import Intents
from simulators.psp.nature import ALPHABET, Nature, Tasks
from simulators.psp.records import Json
from simulators.psp.refunds import Refunds
from simulators.psp.sessions import Sessions
from simulators.psp.store import Store
from simulators.psp.webhooks import Courier, Deliver
from simulators.psp.wire import Params

from tests.simulation.chance import VirtualTime
from tests.simulation.processes import CURRENT, Life
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

URL = "https://provider.example"
SECRET = "whsec_of_the_simulation"
PATIENCE_SECONDS = 10.0
HANG_SECONDS = 30.0
REFUNDS = {"pending": RefundState.REQUESTED, "succeeded": RefundState.DONE, "failed": RefundState.FAILED}

type Act = Callable[[Call], Json]


class Outside(Tasks):
    """The provider's own work, which no process of ours takes along when it dies."""

    @override
    def spawn[T](self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        context = copy_context()
        context.run(CURRENT.set, None)
        task = asyncio.get_running_loop().create_task(work, context=context)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


class Provider:
    """The server: its books, its faults, its webhooks."""

    def __init__(self, random: Random, time: VirtualTime, *, deliver: Deliver, trace: Trace) -> None:
        def new_id(prefix: str) -> str:
            return f"{prefix}_" + "".join(random.choices(ALPHABET, k=24))

        nature = Nature(now=lambda: time.now().timestamp(), new_id=new_id, fraction=random.random, sleep=asyncio.sleep)
        self.nature = nature
        self.trace = trace
        self.books = Store()
        self.faults = Faults()
        self.tasks = Outside()
        self.courier = Courier(
            deliver, secret=SECRET, faults=self.faults, nature=nature, tasks=self.tasks, settled=lambda event: None
        )
        self.desk = Desk(
            self.books,
            faults=self.faults,
            nature=nature,
            tasks=self.tasks,
            post=self.courier.post,
            api_key=None,
            hang_seconds=HANG_SECONDS,
        )
        self.customers = Customers(self.books, nature)
        self.methods = PaymentMethods(self.books, nature, self.customers)
        bank = Bank(self.books, nature, public_url=URL)
        self.intents = Intents(self.books, nature, bank, self.customers, self.methods)
        self.sessions = Sessions(self.books, nature, bank, self.intents, self.methods, public_url=URL)
        self.refunds = Refunds(self.books, nature, self.intents)

    def open(self) -> None:
        self.tasks.spawn(self.courier.run())

    def misbehave(self, fault: Fault) -> None:
        self.faults.add(fault)
        self.trace.fault("provider", f"{fault.kind} at {fault.operation}")

    def behave(self) -> None:
        self.faults.clear()

    def facts(self) -> list[Json]:
        return list(facts(self.books))

    # --- what customers do on its pages

    def pay(self, session_id: str, card: str) -> None:
        """On a page that is still open; on another one nothing can be done."""
        session = self.books.sessions.get(session_id)
        if session is None:
            return
        call = Call(Params({}), Operation.CONFIRM, self.faults, order_id=session.metadata.get("order_id"))
        session = self.sessions.find(call, session_id)
        if session.status == "open":
            intent = self.sessions.pay(call, session, card)
            if intent.status == "requires_action":
                self.sessions.act(call, intent, proven=True)
        self.desk.close(call)

    def act(self, intent_id: str, *, proven: bool) -> None:
        """The customer shows the bank who is paying, or will not."""
        call = Call(Params({}), Operation.CONFIRM, self.faults)
        intent = self.sessions.intent(call, intent_id)
        if intent.status == "requires_action":
            self.sessions.act(call, intent, proven=proven)
        self.desk.close(call)


@dataclass(frozen=True, slots=True)
class ProviderClient:
    """The provider as one process of payment reaches it."""

    provider: Provider
    weather: Weather
    life: Life

    async def create_intent(
        self, *, amount: int, currency: str, customer: str, method: str, metadata: Mapping[str, str], key: str
    ) -> Intent:
        fields = {"amount": str(amount), "currency": currency.lower(), "customer": customer, "payment_method": method}
        asked = fields | {"capture_method": "manual"} | _metadata(metadata)
        return _intent(
            await self._ask("create", Operation.CREATE, self.provider.intents.create, asked, "/v1/payment_intents", key)
        )

    async def create_session(
        self,
        *,
        amount: int,
        currency: str,
        metadata: Mapping[str, str],
        return_url: str,
        expires_at: datetime,
        key: str,
    ) -> Session:
        price = "line_items[0][price_data]"
        asked = {
            "mode": "payment",
            "line_items[0][quantity]": "1",
            f"{price}[currency]": currency.lower(),
            f"{price}[unit_amount]": str(amount),
            f"{price}[product_data][name]": "Your order",
            "payment_intent_data[capture_method]": "manual",
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": str(int(expires_at.timestamp())),
            "expand[0]": "payment_intent",
            **_metadata(metadata),
            **_metadata(metadata, "payment_intent_data[metadata]"),
        }
        path = "/v1/checkout/sessions"
        return _session(await self._ask("open page", Operation.CREATE, self.provider.sessions.create, asked, path, key))

    async def retrieve_session(self, session_id: str) -> Session:
        def act(call: Call) -> Json:
            return self.provider.sessions.retrieve(call, session_id)

        return _session(await self._ask("look at page", Operation.RETRIEVE, act, {"expand[0]": "payment_intent"}))

    async def expire_session(self, session_id: str, *, key: str) -> Session:
        def act(call: Call) -> Json:
            return self.provider.sessions.expire(call, session_id)

        path = f"/v1/checkout/sessions/{session_id}/expire"
        expanded = {"expand[0]": "payment_intent"}
        return _session(await self._ask("close page", Operation.CANCEL, act, expanded, path, key))

    async def confirm(self, intent_id: str, *, return_url: str | None, key: str) -> Intent:
        fields = {"off_session": "true"} if return_url is None else {"return_url": return_url}
        return await self._of_intent("confirm", Operation.CONFIRM, intent_id, fields, key)

    async def capture(self, intent_id: str, *, key: str) -> Intent:
        return await self._of_intent("capture", Operation.CAPTURE, intent_id, {}, key)

    async def cancel(self, intent_id: str, *, key: str) -> Intent:
        return await self._of_intent("cancel", Operation.CANCEL, intent_id, {}, key)

    async def retrieve(self, intent_id: str) -> Intent:
        def act(call: Call) -> Json:
            return self.provider.intents.retrieve(call, intent_id)

        return _intent(await self._ask("look", Operation.RETRIEVE, act, {}, intent_id=intent_id))

    async def refund(self, intent_id: str, *, amount: int, metadata: Mapping[str, str], key: str) -> ProviderRefund:
        asked = {"payment_intent": intent_id, "amount": str(amount), **_metadata(metadata)}
        return _refund(
            await self._ask("refund", Operation.REFUND, self.provider.refunds.create, asked, "/v1/refunds", key)
        )

    async def find_refunds(self, intent_id: str) -> Sequence[ProviderRefund]:
        def act(call: Call) -> Json:
            return self.provider.refunds.list(call, url="/v1/refunds")

        asked = {"payment_intent": intent_id, "limit": "100"}
        return [_refund(each) for each in (await self._ask("look at refunds", Operation.RETRIEVE, act, asked))["data"]]

    async def list_intents(self, since: datetime | None) -> Sequence[FoundIntent]:
        raise NotImplementedError("reconciliation is an operator's command, and no part of a run")

    async def list_refunds(self, since: datetime | None) -> Sequence[ProviderRefund]:
        raise NotImplementedError("reconciliation is an operator's command, and no part of a run")

    async def create_customer(self, user_id: UUID, *, key: str) -> str:
        asked = {"metadata[user_id]": str(user_id)}
        made = await self._ask(
            "new customer", Operation.OTHER, self.provider.customers.create, asked, "/v1/customers", key
        )
        return made["id"]

    async def attach(self, token: str, *, customer: str) -> Card:
        def act(call: Call) -> Json:
            return self.provider.methods.attach(call, token)

        made = await self._ask("keep card", Operation.OTHER, act, {"customer": customer})
        card = made["card"]
        return Card(made["id"], card["brand"], card["last4"], card["exp_month"], card["exp_year"])

    async def detach(self, provider_method_id: str) -> None:
        def act(call: Call) -> Json:
            return self.provider.methods.detach(call, provider_method_id)

        await self._ask("forget card", Operation.OTHER, act, {})

    async def _of_intent(
        self, what: str, operation: Operation, intent_id: str, fields: Mapping[str, str], key: str
    ) -> Intent:
        intents = self.provider.intents
        acts: Mapping[str, Callable[[Call, str], Json]] = {
            "confirm": intents.confirm,
            "capture": intents.capture,
            "cancel": intents.cancel,
        }

        def act(call: Call) -> Json:
            return acts[what](call, intent_id)

        path = f"/v1/payment_intents/{intent_id}/{what}"
        return _intent(await self._ask(what, operation, act, fields, path, key, intent_id=intent_id))

    async def _ask(
        self,
        what: str,
        operation: Operation,
        act: Act,
        fields: Mapping[str, str],
        path: str = "",
        key: str | None = None,
        *,
        intent_id: str | None = None,
    ) -> Json:
        """One request there and its answer back, through the weather between us."""
        provider, weather, name = self.provider, self.weather, self.life.process.name
        intent = provider.books.intents.get(intent_id or fields.get("payment_intent", ""))
        order_id = fields.get("metadata[order_id]") or (intent.metadata.get("order_id") if intent else None)
        await self._travel(name)
        if weather.strikes("provider_request_lost"):
            provider.trace.note(name, "provider", what, order_id=order_id or "", fault="request lost")
            await asyncio.sleep(PATIENCE_SECONDS)
            raise OutcomeUnknown("TimeoutError")
        provider.trace.note(name, "provider", what, order_id=order_id or "")
        headers: dict[str, str] = {}
        claim = Claim.on(key, method="POST", path=path, fields=fields) if key else None
        call = Call(
            Params(fields),
            operation,
            provider.faults,
            order_id=order_id,
            request_id=provider.nature.new_id("req"),
            idempotency_key=key,
        )
        if weather.strikes("provider_request_late"):
            provider.trace.note(name, "provider", what, order_id=order_id or "", fault="given up, and lands later")
            provider.tasks.spawn(self._land_late(call, act, claim))
            await asyncio.sleep(PATIENCE_SECONDS)
            raise OutcomeUnknown("TimeoutError")
        # Whoever asked may die meanwhile: what has arrived is done all the same.
        landing = provider.tasks.spawn(provider.desk.land(call, act, claim, headers))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await asyncio.shield(landing)
                await self._travel(name)
        except TimeoutError:
            provider.trace.note("provider", name, what, order_id=order_id or "", fault="too late")
            raise OutcomeUnknown("TimeoutError") from None
        if weather.strikes("provider_answer_lost"):
            provider.trace.note("provider", name, what, order_id=order_id or "", fault="answer lost")
            raise OutcomeUnknown("ReadError")
        said = answer.body.get("status") if answer.status == 200 else answer.status
        provider.trace.note("provider", name, f"{what}: {said}", order_id=order_id or "")
        if answer.status != 200:
            raise _fault(answer.status, answer.body["error"], replayed="Idempotent-Replayed" in headers)
        return answer.body

    async def _land_late(self, call: Call, act: Act, claim: Claim | None) -> None:
        await asyncio.sleep(PATIENCE_SECONDS + HANG_SECONDS * self.weather.random.random())
        await self.provider.desk.land(call, act, claim, {})

    async def _travel(self, name: str) -> None:
        await self.life.gate()
        await asyncio.sleep(0.02 + 0.1 * self.weather.random.random())
        await self.life.gate()
        if not self.weather.reaches(name, "provider"):
            raise OutcomeUnknown("ConnectError")


def _fault(status: int, error: Json, *, replayed: bool) -> Exception:
    """As the real client reads them."""
    match status:
        case 402:
            return Declined(error.get("decline_code") or error.get("code") or "declined")
        case 409 | 429:
            return TryAgainLater(error.get("code") or "busy")
        case 400 | 404:
            return Refused(error.get("code") or error["type"])
        case _:
            return OutcomeUnknown(f"status {status}", replayed=replayed)


def _metadata(metadata: Mapping[str, str], name: str = "metadata") -> dict[str, str]:
    return {f"{name}[{key}]": value for key, value in metadata.items()}


def _intent(body: Json) -> Intent:
    error = body.get("last_payment_error")
    action = body.get("next_action") or {}
    return Intent(
        id=body["id"],
        status=IntentStatus(body["status"]),
        amount=body["amount"],
        currency=body["currency"].upper(),
        received=body.get("amount_received") or 0,
        decline=(error.get("decline_code") or error.get("code")) if error else None,
        action_url=action.get("redirect_to_url", {}).get("url"),
    )


def _session(body: Json) -> Session:
    intent = body.get("payment_intent")
    return Session(
        id=body["id"],
        status=SessionStatus(body["status"] or "open"),
        amount=body["amount_total"],
        currency=body["currency"].upper(),
        url=body["url"],
        expires_at=datetime.fromtimestamp(body["expires_at"], UTC),
        intent=_intent(intent) if isinstance(intent, dict) else None,
    )


def _refund(body: Json) -> ProviderRefund:
    metadata: dict[str, Any] = body.get("metadata") or {}
    return ProviderRefund(
        state=REFUNDS.get(body["status"], RefundState.REQUESTED),
        amount=body["amount"],
        currency=body["currency"].upper(),
        refund_id=metadata.get("refund_id"),
        attempt=metadata.get("attempt"),
        reason=body.get("failure_reason"),
    )
