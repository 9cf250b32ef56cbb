"""The hand behind the curtain: tell the provider to misbehave, and ask what really happened."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from simulators.psp.faults import Fault, Faults, Kind, Operation
from simulators.psp.records import Json


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


def _lines(found: list[Json]) -> Iterator[str]:
    for each in found:
        yield json.dumps(each) + "\n"
