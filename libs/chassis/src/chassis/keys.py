"""Where the issuer's public keys come from when the issuer is another process."""

import asyncio
from collections.abc import AsyncGenerator, Container, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from chassis.auth import KeyRing, TokenVerifier
from chassis.faults import Unreachable
from chassis.http import ServiceClient
from chassis.world import World

JWKS_PATH = "/.well-known/jwks.json"


@asynccontextmanager
async def remote_verifier(
    user_service_url: str, world: World, revoked: Container[UUID]
) -> AsyncGenerator[TokenVerifier]:
    """A verifier that asks the user service for its keys, at once and now and again, and refuses `revoked` sessions."""
    client = ServiceClient("user", user_service_url, world=world)

    async def fetch() -> Mapping[str, Any]:
        answer = await client.get(JWKS_PATH)
        if answer.status_code != 200:
            raise Unreachable("user", f"status {answer.status_code} for its keys")
        try:
            return answer.json()
        except ValueError:
            raise Unreachable("user", "no JSON for its keys") from None

    keys = KeyRing(fetch, world)
    filling = world.spawn(keys.fill(), name="keys")
    try:
        yield TokenVerifier(keys, revoked)
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        await client.close()
