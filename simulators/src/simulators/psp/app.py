"""The Stripe API's paths, and what each of them asks for."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from simulators.psp import errors
from simulators.psp.customers import Customers, PaymentMethods
from simulators.psp.desk import Desk
from simulators.psp.events import Events
from simulators.psp.faults import Operation
from simulators.psp.intents import Intents
from simulators.psp.refunds import Refunds
from simulators.psp.sessions import Sessions


def create_app(*routers: APIRouter) -> FastAPI:
    app = FastAPI(title="Payment provider (simulated)", docs_url=None, redoc_url=None, openapi_url=None)
    for each in routers:
        app.include_router(each)
    app.add_exception_handler(404, _unknown_url)
    app.add_exception_handler(405, _unknown_url)
    return app


def intent_routes(desk: Desk, intents: Intents) -> APIRouter:
    routes = APIRouter()
    base = "/v1/payment_intents"

    @routes.post(base)
    async def create(request: Request) -> Response:
        return await desk.serve(request, Operation.CREATE, intents.create)

    @routes.get(base)
    async def list_(request: Request) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: intents.list(call, url=base))

    @routes.get(base + "/{intent_id}")
    async def retrieve(request: Request, intent_id: str) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: intents.retrieve(call, intent_id))

    @routes.post(base + "/{intent_id}/confirm")
    async def confirm(request: Request, intent_id: str) -> Response:
        return await desk.serve(request, Operation.CONFIRM, lambda call: intents.confirm(call, intent_id))

    @routes.post(base + "/{intent_id}/capture")
    async def capture(request: Request, intent_id: str) -> Response:
        return await desk.serve(request, Operation.CAPTURE, lambda call: intents.capture(call, intent_id))

    @routes.post(base + "/{intent_id}/cancel")
    async def cancel(request: Request, intent_id: str) -> Response:
        return await desk.serve(request, Operation.CANCEL, lambda call: intents.cancel(call, intent_id))

    return routes


def session_routes(desk: Desk, sessions: Sessions) -> APIRouter:
    routes = APIRouter()
    base = "/v1/checkout/sessions"

    @routes.post(base)
    async def create(request: Request) -> Response:
        return await desk.serve(request, Operation.CREATE, sessions.create)

    @routes.get(base + "/{session_id}")
    async def retrieve(request: Request, session_id: str) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: sessions.retrieve(call, session_id))

    @routes.post(base + "/{session_id}/expire")
    async def expire(request: Request, session_id: str) -> Response:
        return await desk.serve(request, Operation.CANCEL, lambda call: sessions.expire(call, session_id))

    return routes


def refund_routes(desk: Desk, refunds: Refunds) -> APIRouter:
    routes = APIRouter()
    base = "/v1/refunds"

    @routes.post(base)
    async def create(request: Request) -> Response:
        return await desk.serve(request, Operation.REFUND, refunds.create)

    @routes.get(base)
    async def list_(request: Request) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: refunds.list(call, url=base))

    @routes.get(base + "/{refund_id}")
    async def retrieve(request: Request, refund_id: str) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: refunds.retrieve(call, refund_id))

    return routes


def event_routes(desk: Desk, events: Events) -> APIRouter:
    routes = APIRouter()
    base = "/v1/events"

    @routes.get(base)
    async def list_(request: Request) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: events.list(call, url=base))

    @routes.get(base + "/{event_id}")
    async def retrieve(request: Request, event_id: str) -> Response:
        return await desk.serve(request, Operation.RETRIEVE, lambda call: events.retrieve(call, event_id))

    return routes


def customer_routes(desk: Desk, customers: Customers, methods: PaymentMethods) -> APIRouter:
    routes = APIRouter()
    base, cards = "/v1/customers", "/v1/payment_methods"

    @routes.post(base)
    async def create(request: Request) -> Response:
        return await desk.serve(request, Operation.OTHER, customers.create)

    @routes.get(base + "/{customer_id}")
    async def retrieve(request: Request, customer_id: str) -> Response:
        return await desk.serve(request, Operation.OTHER, lambda call: customers.retrieve(call, customer_id))

    @routes.get(base + "/{customer_id}/payment_methods")
    async def list_of_customer(request: Request, customer_id: str) -> Response:
        url = f"{base}/{customer_id}/payment_methods"
        return await desk.serve(
            request, Operation.OTHER, lambda call: methods.list(call, url=url, customer_id=customer_id)
        )

    @routes.get(cards)
    async def list_methods(request: Request) -> Response:
        return await desk.serve(
            request,
            Operation.OTHER,
            lambda call: methods.list(call, url=cards, customer_id=call.params.text("customer")),
        )

    @routes.get(cards + "/{method_id}")
    async def retrieve_method(request: Request, method_id: str) -> Response:
        return await desk.serve(request, Operation.OTHER, lambda call: methods.retrieve(call, method_id))

    @routes.post(cards + "/{method_id}/attach")
    async def attach(request: Request, method_id: str) -> Response:
        return await desk.serve(request, Operation.OTHER, lambda call: methods.attach(call, method_id))

    @routes.post(cards + "/{method_id}/detach")
    async def detach(request: Request, method_id: str) -> Response:
        return await desk.serve(request, Operation.OTHER, lambda call: methods.detach(call, method_id))

    return routes


async def _unknown_url(request: Request, _: Exception) -> Response:
    answer = errors.no_such_url(request.method, request.url.path).answer
    return JSONResponse(answer.body, status_code=answer.status)
