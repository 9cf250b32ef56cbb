"""The part of Twilio's REST interface that sends a text message, in its own words."""

import secrets
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from simulators.phone.faults import Kind, PhoneFaults
from simulators.phone.messages import Messages, Sms

LONGEST = 1600
NUMBER_LENGTHS = range(8, 17)
_basic = HTTPBasic(auto_error=False)


class Refusal(Exception):
    """`code` is what Twilio's own list of errors calls it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


async def refuse(_request: Request, refusal: Exception) -> JSONResponse:
    """A refusal as Twilio words it."""
    if not isinstance(refusal, Refusal):
        raise refusal
    return JSONResponse({"code": refusal.code, "message": str(refusal), "status": refusal.status}, refusal.status)


def twilio(
    messages: Messages,
    faults: PhoneFaults,
    *,
    account: str | None,
    token: str | None,
    sleep: Callable[[float], Awaitable[None]],
) -> APIRouter:
    routes = APIRouter(prefix="/2010-04-01/Accounts/{owner}")

    def known(owner: str, given: Annotated[HTTPBasicCredentials | None, Depends(_basic)]) -> str:
        if given is None or given.username != owner or (account is not None and owner != account):
            raise Refusal(401, 20003, "Authenticate")
        if token is not None and not secrets.compare_digest(given.password.encode(), token.encode()):
            raise Refusal(401, 20003, "Authenticate")
        return owner

    owned = Annotated[str, Depends(known)]

    async def create(owner: owned, request: Request) -> JSONResponse:
        form = await request.form()
        to, sender, body = (str(form.get(name, "")) for name in ("To", "From", "Body"))
        _check(to, sender, body)
        fault = faults.take(to)
        kind = fault.kind if fault is not None else None
        if kind is Kind.INVALID_NUMBER:
            raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if kind is Kind.TOO_MANY:
            raise Refusal(429, 20429, "Too Many Requests")
        if kind is Kind.ERROR_BEFORE:
            raise Refusal(500, 20500, "Internal Server Error")
        taken = messages.take(account=owner, sender=sender, to=to, body=body)
        if kind is Kind.ERROR_AFTER:
            raise Refusal(500, 20500, "Internal Server Error")
        if fault is not None and kind is Kind.SLOW:
            await sleep(fault.seconds)
        return JSONResponse(_message(taken), 201)

    async def listed(
        owner: owned,
        to: Annotated[str | None, Query(alias="To")] = None,
        size: Annotated[int, Query(alias="PageSize", ge=1, le=1000)] = 50,
    ) -> dict[str, Any]:
        """The newest first, as Twilio does."""
        mine = [each for each in messages.all(to) if each.account == owner]
        return {"messages": [_message(each) for each in reversed(mine[-size:])], "page": 0, "page_size": size}

    async def fetched(owner: owned, sid: str) -> JSONResponse:
        found = messages.find(sid)
        if found is None or found.account != owner:
            raise Refusal(404, 20404, f"The requested resource /Messages/{sid}.json was not found")
        return JSONResponse(_message(found))

    routes.add_api_route("/Messages.json", create, methods=["POST"])
    routes.add_api_route("/Messages.json", listed, methods=["GET"])
    routes.add_api_route("/Messages/{sid}.json", fetched, methods=["GET"])
    return routes


def _check(to: str, sender: str, body: str) -> None:
    if not to:
        raise Refusal(400, 21604, "A 'To' phone number is required.")
    if not sender:
        raise Refusal(400, 21603, "A 'From' phone number is required.")
    if not body:
        raise Refusal(400, 21602, "Message body is required.")
    if len(body) > LONGEST:
        raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if not (to.startswith("+") and to[1:].isascii() and to[1:].isdigit() and len(to) in NUMBER_LENGTHS):
        raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")


def _message(sms: Sms) -> dict[str, Any]:
    at = format_datetime(sms.received_at)
    return {
        "sid": sms.sid,
        "account_sid": sms.account,
        "to": sms.to,
        "from": sms.sender,
        "body": sms.body,
        "status": "queued",
        "direction": "outbound-api",
        "num_segments": "1",
        "date_created": at,
        "date_updated": at,
        "error_code": None,
        "error_message": None,
        "uri": f"/2010-04-01/Accounts/{sms.account}/Messages/{sms.sid}.json",
    }
