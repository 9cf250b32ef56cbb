"""Every public route and everybody who may knock: what happens is what authz.yaml says, and nothing else."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from chassis.authz import Rule
from demo.documents.openapi import merged, service_documents

from tests.security.cast import ROLES, Cast
from tests.security.declared import DECLARED, PARAMETER

ENDS_THE_SESSION = {("DELETE", "/api/v1/sessions/current"), ("DELETE", "/api/v1/sessions")}


def test_the_document_and_the_tables_name_the_same_routes() -> None:
    paths = merged(service_documents())["paths"]

    assert {(verb.upper(), path) for path, verbs in paths.items() for verb in verbs} == DECLARED.keys()


def declared(rule: Rule, who: str) -> int:
    """401, 403, or 200 for whatever the handler says: from the table alone."""
    if rule.who == {"anonymous"}:
        return 200
    if who == "anonymous":
        return 200 if "anonymous" in rule.who else 401
    if who not in ROLES:
        return 401
    return 200 if rule.who & ROLES[who] else 403


def nowhere(path: str) -> str:
    """The path of something that does not exist."""
    return PARAMETER.sub(lambda found: str(uuid4()) if found[1].endswith("_id") else "nothing-here", path)


async def status(app: Any, method: str, path: str, token: str | None) -> int:
    """The first line of the answer. Streams are left as soon as they begin."""
    answered, heard, found = asyncio.Event(), False, 0

    async def receive() -> dict[str, Any]:
        nonlocal heard
        if not heard:
            heard = True
            return {"type": "http.request", "body": b"{}", "more_body": False}
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        nonlocal found
        if event["type"] == "http.response.start":
            found = event["status"]
            answered.set()

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"2")]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    async with asyncio.timeout(30):
        await app(scope, receive, send)
    return found


async def test_everybody_gets_what_the_table_says(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, cells = [], 0
    for who in ("anonymous", *ROLES, *cast.bad):
        for (method, path), (service, rule) in DECLARED.items():
            token = cast.bad.get(who) or cast.tokens.get(who)
            got = await status(cast.street.houses[service].apps.public, method, nowhere(path), token)
            expected = declared(rule, who)
            cells += 1
            if got >= 500 or (got if got in {401, 403} else 200) != expected:
                wrong.append(f"{who}: {method} {path}: {got}, declared {expected}")
            if who in ROLES and expected == 200 and (method, path) in ENDS_THE_SESSION:
                await cast.sign_in(who)
    with capsys.disabled():
        print(f"\nauthorisation matrix: {cells} cells, {len(DECLARED)} routes")

    assert wrong == []
    assert cells == len(DECLARED) * 15
