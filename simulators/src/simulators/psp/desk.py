"""The way of one request through the provider: who asks, has it been answered before, what goes wrong, do it."""

import asyncio
import base64
import binascii
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from simulators.psp import errors
from simulators.psp.call import Call
from simulators.psp.errors import Answer, ProviderError
from simulators.psp.faults import REQUEST_FAULTS, Fault, Faults, Kind, Operation
from simulators.psp.idempotency import Claim, Idempotency
from simulators.psp.nature import Nature, Tasks
from simulators.psp.records import Event, Json
from simulators.psp.store import Store
from simulators.psp.wire import Params, parse_form

MAX_BODY = 256 * 1024
REMEMBERED = 100_000

type Act = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the shop, and what went wrong with it."""

    operation: Operation
    order_id: str | None
    key: str | None
    fault: Kind | None


class Desk:
    """Answers requests. `post` takes each event to the webhook courier once it is written down."""

    def __init__(
        self,
        store: Store,
        *,
        faults: Faults,
        nature: Nature,
        tasks: Tasks,
        post: Callable[[Event], None],
        api_key: str | None,
        hang_seconds: float,
    ) -> None:
        self._store = store
        self._faults = faults
        self._nature = nature
        self._tasks = tasks
        self._post = post
        self._api_key = api_key
        self._hang_seconds = hang_seconds
        self.diary: deque[Asked] = deque(maxlen=REMEMBERED)
        self._idempotency = Idempotency(store)

    async def serve(self, request: Request, operation: Operation, act: Act) -> Response:
        request_id = self._nature.new_id("req")
        headers = {"Request-Id": request_id}
        try:
            self._authenticate(request.headers.get("authorization", ""))
            fields = await _fields(request)
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            claim = Claim.on(key, method=request.method, path=request.url.path, fields=fields) if key else None
            call = Call(
                Params(fields),
                operation,
                self._faults,
                order_id=self._order_id(request, fields),
                request_id=request_id,
                idempotency_key=key,
            )
            # A client that hangs up stops nothing: what has begun lands.
            answer = await asyncio.shield(self._tasks.spawn(self.land(call, act, claim, headers)))
        except ProviderError as refusal:
            answer = refusal.answer
        return JSONResponse(answer.body, status_code=answer.status, headers=headers)

    async def visit(
        self,
        request: Request,
        act: Callable[[Call, Mapping[str, str]], Response],
        *,
        operation: Operation = Operation.CONFIRM,
    ) -> Response:
        """A browser on one of the provider's pages: no key, nothing to repeat, no faults on the way.

        A customer's by default, who is there to confirm.
        """
        try:
            fields = await _fields(request)
        except ProviderError as refusal:
            return JSONResponse(refusal.answer.body, refusal.answer.status)
        call = Call(Params({}), operation, self._faults, order_id=self._order_id(request, fields))
        answer = act(call, fields)
        self.close(call)
        return answer

    async def land(self, call: Call, act: Act, claim: Claim | None, headers: dict[str, str]) -> Answer:
        """What comes of a request that has arrived, however it came; never raises ProviderError."""
        fault = self._faults.take(REQUEST_FAULTS, call.operation, call.order_id)
        self.diary.append(Asked(call.operation, call.order_id, call.idempotency_key, fault.kind if fault else None))
        try:
            await self._suffer_before(fault)
            with self._idempotency.hold(claim) if claim else nullcontext():
                answer = await self._once(call, act, claim, fault, headers)
        except ProviderError as refusal:
            answer = refusal.answer
        await self._suffer_after(fault)
        return answer

    async def _suffer_before(self, fault: Fault | None) -> None:
        match fault.kind if fault else None:
            case Kind.TIMEOUT_BEFORE:
                await self._nature.sleep(self._hang_seconds)
                raise errors.too_late()
            case Kind.ERROR_BEFORE:
                raise errors.broken(executed=False)
            case Kind.LOCK_TIMEOUT:
                raise errors.lock_timeout()
            case _:
                return

    async def _suffer_after(self, fault: Fault | None) -> None:
        match fault.kind if fault else None:
            case Kind.TIMEOUT_AFTER:
                await self._nature.sleep(self._hang_seconds)
            case Kind.LATE_ANSWER if fault is not None:
                await self._nature.sleep(fault.seconds)
            case _:
                return

    async def _once(
        self, call: Call, act: Act, claim: Claim | None, fault: Fault | None, headers: dict[str, str]
    ) -> Answer:
        """The stored answer of this key, or the answer of having done it now."""
        reply = self._idempotency.find(claim, now=self._nature.second()) if claim else None
        if reply is not None:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": reply.request_id}
            return Answer(reply.status, reply.body)
        if fault is not None and fault.kind is Kind.SLOW:
            await self._nature.sleep(fault.seconds)
        answer = _carry_out(call, act)
        if fault is not None and fault.kind is Kind.ERROR_AFTER and answer.executed:
            answer = errors.broken(executed=True).answer
        if fault is not None and fault.kind is Kind.OTHER_AMOUNT and "amount" in answer.body:
            answer = replace(answer, body={**answer.body, "amount": answer.body["amount"] + 1})
        if claim and answer.executed:
            self._idempotency.remember(claim, answer, request_id=call.request_id or "", now=self._nature.second())
        self.close(call)
        return answer

    def close(self, call: Call) -> None:
        """Write down what was done, then let the world hear of it."""
        self._store.commit()
        for event in call.events:
            self._post(event)
        for seconds, work in call.later:
            self._tasks.spawn(self._afterwards(seconds, work, call.aftermath()))

    async def _afterwards(self, seconds: float, work: Callable[[Call], None], call: Call) -> None:
        await self._nature.sleep(seconds)
        work(call)
        self.close(call)

    def _authenticate(self, header: str) -> None:
        scheme, _, credentials = header.partition(" ")
        key = _basic_user(credentials) if scheme.lower() == "basic" else credentials.strip()
        if scheme.lower() not in ("bearer", "basic") or not key:
            raise errors.unauthorized("You did not provide an API key. Use 'Authorization: Bearer YOUR_SECRET_KEY'.")
        if self._api_key is not None and not hmac.compare_digest(key.encode(), self._api_key.encode()):
            raise errors.unauthorized(f"Invalid API Key provided: {key[:7]}***")

    def _order_id(self, request: Request, fields: Mapping[str, str]) -> str | None:
        """The shop's order that this request is about, for faults that are aimed at one order."""
        intent_id = request.path_params.get("intent_id", fields.get("payment_intent", ""))
        page = self._store.sessions.get(request.path_params.get("session_id", ""))
        refund = self._store.refunds.get(request.path_params.get("refund_id", ""))
        intent = self._store.intents.get(refund.intent if refund else intent_id)
        if page is not None:
            return page.metadata.get("order_id")
        return fields.get("metadata[order_id]") or (intent.metadata.get("order_id") if intent else None)


def _carry_out(call: Call, act: Act) -> Answer:
    try:
        return Answer(200, act(call))
    except ProviderError as refusal:
        return refusal.answer


async def _fields(request: Request) -> dict[str, str]:
    if request.method != "POST":
        return parse_form(request.url.query)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise errors.invalid(f"The request body is longer than {MAX_BODY} bytes.")
    return parse_form(body.decode(errors="replace"))


def _basic_user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
