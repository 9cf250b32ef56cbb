"""The hand behind the curtain: tell the provider to misbehave, and ask what really happened."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from simulators.psp.call import Call
from simulators.psp.desk import Desk
from simulators.psp.errors import ProviderError
from simulators.psp.faults import Fault, Faults, Kind, Operation
from simulators.psp.records import Json
from simulators.psp.sessions import Sessions


class FaultBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind
    operation: Operation = Operation.ANY
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    order_id: Annotated[str, Field(max_length=100)] | None = None
    seconds: Annotated[float, Field(ge=0, le=3600)] = 1.0


class PendingWebhooks(BaseModel):
    pending: int


def router(faults: Faults, *, facts: Callable[[], list[Json]], pending_webhooks: Callable[[], int]) -> APIRouter:
    routes = APIRouter()

    @routes.post("/control/faults", status_code=201)
    async def misbehave(body: FaultBody) -> FaultBody:
        faults.add(Fault(**body.model_dump()))
        return body

    @routes.get("/control/faults")
    async def waiting() -> list[FaultBody]:
        return [FaultBody.model_validate(each, from_attributes=True) for each in faults.waiting()]

    @routes.delete("/control/faults", status_code=204)
    async def behave() -> None:
        faults.clear()

    @routes.get("/control/facts")
    async def truth() -> StreamingResponse:
        return StreamingResponse(_lines(facts()), media_type="application/x-ndjson")

    @routes.get("/control/webhooks")
    async def undelivered() -> PendingWebhooks:
        return PendingWebhooks(pending=pending_webhooks())

    return routes


def session_control(desk: Desk, sessions: Sessions) -> APIRouter:
    """What somebody does at the provider's dashboard, who is not the shop and not its customer."""
    routes = APIRouter()

    @routes.post("/control/sessions/{session_id}/expire")
    async def expire(request: Request, session_id: str) -> Response:
        """Nobody has come, and the page's time is over now, however long it had left."""
        return await desk.visit(
            request, lambda call, _: _expire(sessions, call, session_id), operation=Operation.CANCEL
        )

    return routes


def _expire(sessions: Sessions, call: Call, session_id: str) -> Response:
    try:
        return JSONResponse(sessions.expire(call, session_id))
    except ProviderError as refusal:
        return JSONResponse(refusal.answer.body, refusal.answer.status)


def _lines(found: list[Json]) -> Iterator[str]:
    for each in found:
        yield json.dumps(each) + "\n"
