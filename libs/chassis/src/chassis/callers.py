"""Who is asking, as a route's argument. Apart from `auth`, so that a worker need not load a web framework."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chassis.auth import NotSignedIn, Principal, Verifier

_bearer = HTTPBearer(auto_error=False, description="An access token of the user service.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def caller_of(request: Request) -> Principal | None:
    """The caller, verified once a request, or None for anonymous. A bad token is refused, not ignored."""
    if not hasattr(request.state, "caller"):
        credentials = await _bearer(request)
        if credentials is None and "authorization" in request.headers:
            raise NotSignedIn
        verify: Verifier = request.app.state.verifier
        request.state.caller = None if credentials is None else await verify(credentials.credentials)
    return request.state.caller


async def perhaps_signed_in(request: Request, _credentials: Credentials) -> Principal | None:
    return await caller_of(request)


MaybeSignedIn = Annotated[Principal | None, Depends(perhaps_signed_in)]
"""A route's argument: the caller, or None for anonymous."""


async def signed_in(caller: MaybeSignedIn) -> Principal:
    if caller is None:
        raise NotSignedIn
    return caller


SignedIn = Annotated[Principal, Depends(signed_in)]
"""A route's argument: the caller, who must be signed in. Which roles are let in is in the service's authz.yaml."""
