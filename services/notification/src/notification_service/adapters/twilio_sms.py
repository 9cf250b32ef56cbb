"""Text messages by Twilio's REST interface, or by what speaks like it."""

import asyncio
from functools import cached_property
from typing import Any

import httpx2
from chassis import tracing

from notification_service.ports import SmsFailed, SmsRefused

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 10.0
OURS = frozenset({401, 403, 404, 405, 429})
"""What they say to us (wrong key, no such account, slow down), and not about this message."""


class TwilioSms:
    """One client a process. The provider has no idempotency key: after a time-out nobody knows whether it was sent."""

    def __init__(
        self,
        *,
        url: str,
        account: str,
        token: str,
        sender: str,
        transport: httpx2.AsyncBaseTransport | None = None,
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._path = f"/2010-04-01/Accounts/{account}/Messages.json"
        self._sender = sender
        self._total = total
        self._url = url
        self._auth = (account, token)
        self._transport = transport

    async def send(self, *, to: str, text: str) -> str:
        try:
            with tracing.step("SMS send", peer_service="sms"):
                async with asyncio.timeout(self._total):
                    answer = await self._client.post(self._path, data={"To": to, "From": self._sender, "Body": text})
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as failed:
            raise SmsFailed(type(failed).__name__, perhaps_sent=False) from failed
        except (httpx2.HTTPError, TimeoutError) as failed:
            raise SmsFailed(type(failed).__name__, perhaps_sent=True) from failed
        if answer.is_success:
            return _sid(answer)
        said = _said(answer)
        if answer.status_code in OURS:
            raise SmsFailed(said, perhaps_sent=False)
        if answer.is_client_error:
            raise SmsRefused(said)
        raise SmsFailed(said, perhaps_sent=True)

    async def close(self) -> None:
        if "_client" in vars(self):
            await self._client.aclose()

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        """Made for the first text: the API, which is wired like its worker, sends none."""
        timeout = httpx2.Timeout(self._total, connect=CONNECT_SECONDS)
        return httpx2.AsyncClient(base_url=self._url, auth=self._auth, timeout=timeout, transport=self._transport)


def _sid(answer: httpx2.Response) -> str:
    sid = _body(answer).get("sid")
    if not isinstance(sid, str) or not sid:
        raise SmsFailed(f"{answer.status_code} without a sid", perhaps_sent=True)
    return sid


def _said(answer: httpx2.Response) -> str:
    """Status and their own code: `400 21211`. Their message repeats the number, which is nobody's business."""
    return f"{answer.status_code} {_body(answer).get('code', '')}".strip()


def _body(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
