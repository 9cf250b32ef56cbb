"""The people of a run, with passwords that nobody has seen before."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpx2

LINK = re.compile(r"verify-email\?token=(\S+)")
LOOK_EVERY = 0.02
PATIENCE_SECONDS = 10.0

Mailed = Callable[[str], Awaitable[Sequence[str]]]
"""The texts of the mails to an address."""


class VisitFailed(Exception):
    """The shop did not do what a shop must."""


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    password: str = field(repr=False)


async def make_customer(
    shop: httpx2.AsyncClient,
    person: Person,
    *,
    mailed: Mailed,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Register and follow the link in the mail, as everybody must."""
    body = {"email": person.email, "name": person.name, "password": person.password}
    _expect(202, await shop.post("/api/v1/users", json=body))
    token = await _mailed_token(person.email, mailed, sleep)
    _expect(204, await shop.post("/api/v1/users/verification", json={"token": token}))


async def sign_in(shop: httpx2.AsyncClient, person: Person) -> dict[str, object]:
    """A fresh session, as the public interface answers it."""
    return _expect(
        201, await shop.post("/api/v1/sessions", json={"email": person.email, "password": person.password})
    ).json()


async def _mailed_token(email: str, mailed: Mailed, sleep: Callable[[float], Awaitable[None]]) -> str:
    for _ in range(round(PATIENCE_SECONDS / LOOK_EVERY)):
        for text in await mailed(email):
            if link := LINK.search(text):
                return link[1]
        await sleep(LOOK_EVERY)
    raise VisitFailed(f"no verification mail came within {PATIENCE_SECONDS:.0f} s")


def _expect(status: int, answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code != status:
        raise VisitFailed(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer
