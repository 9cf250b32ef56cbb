"""The other door of the phone catcher: read the messages, order a misbehaviour."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from simulators.phone.faults import Kind, PhoneFault, PhoneFaults
from simulators.phone.messages import Messages


class SmsBody(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    sid: str
    sender: str
    to: str
    body: str
    received_at: datetime


class PhoneFaultBody(BaseModel):
    model_config = ConfigDict(from_attributes=True, extra="forbid")

    kind: Kind
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    to: Annotated[str, Field(max_length=20)] | None = None
    seconds: Annotated[float, Field(ge=0, le=3600)] = 1.0


def control(messages: Messages, faults: PhoneFaults, *, facts: Callable[[], list[dict[str, Any]]]) -> APIRouter:
    routes = APIRouter()

    @routes.get("/messages")
    async def texts(
        to: Annotated[str | None, Query(max_length=20)] = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> list[SmsBody]:
        """The newest `limit` messages, the oldest of them first."""
        return [SmsBody.model_validate(each) for each in messages.all(to)[-limit:]]

    @routes.delete("/messages", status_code=204)
    async def forget() -> None:
        messages.clear()

    @routes.post("/control/faults", status_code=201)
    async def misbehave(body: PhoneFaultBody) -> PhoneFaultBody:
        faults.add(PhoneFault(**body.model_dump()))
        return body

    @routes.get("/control/faults")
    async def waiting() -> list[PhoneFaultBody]:
        return [PhoneFaultBody.model_validate(each) for each in faults.waiting()]

    @routes.delete("/control/faults", status_code=204)
    async def behave() -> None:
        faults.clear()

    @routes.get("/control/facts")
    async def truth() -> StreamingResponse:
        return StreamingResponse(_lines(facts()), media_type="application/x-ndjson")

    return routes


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        yield json.dumps(each) + "\n"
