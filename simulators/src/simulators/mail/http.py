"""The HTTP door of the mail catcher: read the mails, order a misbehaviour."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from simulators.mail.faults import Kind, MailFault, MailFaults, Stage
from simulators.mail.mailbox import Mailbox


class MailBody(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    sender: str
    recipients: list[str]
    subject: str
    message_id: str
    text: str
    html: str
    received_at: datetime


class MailFaultBody(BaseModel):
    model_config = ConfigDict(from_attributes=True, extra="forbid")

    kind: Kind
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    to: Annotated[str, Field(max_length=320)] | None = None
    stage: Stage = Stage.DATA
    seconds: Annotated[float, Field(ge=0, le=3600)] = 1.0


def create_app(mailbox: Mailbox, faults: MailFaults, *, facts: Callable[[], list[dict[str, Any]]]) -> FastAPI:
    app = FastAPI(title="Mail catcher", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/mails")
    async def mails(
        to: Annotated[str | None, Query(max_length=320)] = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> list[MailBody]:
        """The newest `limit` mails, the oldest of them first."""
        return [MailBody.model_validate(each) for each in mailbox.mails(to)[-limit:]]

    @app.delete("/mails", status_code=204)
    async def forget() -> None:
        mailbox.clear()

    @app.post("/control/faults", status_code=201)
    async def misbehave(body: MailFaultBody) -> MailFaultBody:
        faults.add(MailFault(**body.model_dump()))
        return body

    @app.get("/control/faults")
    async def waiting() -> list[MailFaultBody]:
        return [MailFaultBody.model_validate(each) for each in faults.waiting()]

    @app.delete("/control/faults", status_code=204)
    async def behave() -> None:
        faults.clear()

    @app.get("/control/facts")
    async def truth() -> StreamingResponse:
        return StreamingResponse(_lines(facts()), media_type="application/x-ndjson")

    return app


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        yield json.dumps(each) + "\n"
