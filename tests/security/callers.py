"""People with sessions, and what they ask of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
from simulators.visitor.people import Person, sign_in


@dataclass(kw_only=True)
class Callers:
    shop: httpx2.AsyncClient
    people: Mapping[str, Person]
    tokens: dict[str, str] = field(default_factory=dict)
    """Of those with a good session."""

    async def sign_in(self, who: str) -> dict[str, Any]:
        session = await sign_in(self.shop, self.people[who])
        self.tokens[who] = str(session["access_token"])
        return session

    async def ask(self, method: str, path: str, who: str | None, **more: Any) -> httpx2.Response:
        headers = {"Idempotency-Key": str(uuid4())}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return await self.shop.request(method, path, headers=headers, **more)
