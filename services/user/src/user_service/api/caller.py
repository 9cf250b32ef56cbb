"""Who is calling: the user behind the token as stored, and the network that they call from."""

from ipaddress import ip_address, ip_network
from typing import Annotated

from chassis.auth import NotAllowed
from chassis.callers import SignedIn
from fastapi import Depends, Request

from user_service.domain.user import Role, User
from user_service.wiring import RecogniseDep, TrustedHopsDep

MAX_DEVICE = 200


async def _me(caller: SignedIn, recognise: RecogniseDep) -> User:
    return await recognise(user_id=caller.user_id, session_id=caller.session_id, session_version=caller.session_version)


Me = Annotated[User, Depends(_me)]
"""A route's argument: the caller, whose session is alive and whose token is not outdated."""


def _admin(me: Me) -> User:
    if Role.ADMIN not in me.roles:
        raise NotAllowed
    return me


AdminMe = Annotated[User, Depends(_admin)]


def _network(request: Request, hops: TrustedHopsDep) -> str:
    return network_of(_address(request, hops))


Network = Annotated[str, Depends(_network)]
"""A route's argument: the caller's /24, or /64 for IPv6."""


def _device(request: Request) -> str:
    return request.headers.get("user-agent", "")[:MAX_DEVICE]


Device = Annotated[str, Depends(_device)]


def _address(request: Request, hops: int) -> str:
    """The socket's peer, or what the outermost of our own proxies saw. What a client wrote is never believed."""
    seen = [each.strip() for line in request.headers.getlist("x-forwarded-for") for each in line.split(",")]
    if 0 < hops <= len(seen):
        return seen[-hops]
    return request.client.host if request.client is not None else ""


def network_of(address: str) -> str:
    """The neighbourhood that shares a limit; what is no address stands for itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    return str(ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))
