"""The world around the services, in the tests' own process: provider, mail server, gateway, development door.

Everything is reached over sockets, as in production; a test may also look at the provider's books directly.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import socket

import httpx2
from chassis.bounds import App, Receive, Scope, Send
from chassis.problems import problem
from chassis.server import listen, make_server
from demo.gateway import Gateway
from demo.routes import read_routes
from simulators.door.app import DeadLetters, SignIn, make_door
from simulators.mail import MailCatcher
from simulators.phone import PhoneCatcher
from simulators.psp import Psp
from starlette.requests import Request
from starlette.responses import Response

HOST = "127.0.0.1"
ROUTE_SECONDS = 15
MAILS = 200_000
"""The last-unit race sends half as many at its full size, and every one is looked for at its end."""
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date"})


@asynccontextmanager
async def served(app: App, door: socket) -> AsyncGenerator[None]:
    """The app on a bound socket, while the context is open."""
    server = make_server(app)
    serving = asyncio.create_task(server._serve([door]))
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await serving


def bind() -> tuple[socket, int]:
    door = listen(HOST, 0)
    return door, door.getsockname()[1]


@dataclass(frozen=True)
class Neighbour:
    """A service in another process, as an app: what Envoy's cluster is to Envoy."""

    client: httpx2.AsyncClient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            answer = await self.client.request(
                request.method,
                str(request.url.replace(scheme="", netloc="")),
                headers=[pair for pair in request.headers.items() if pair[0] not in HOP_BY_HOP],
                content=await request.body(),
            )
        except httpx2.TimeoutException:
            return problem(504, "timeout", "The service did not answer in time.")
        except httpx2.HTTPError:
            return problem(503, "unavailable", "The service did not answer.")
        kept = {name: value for name, value in answer.headers.items() if name not in {*HOP_BY_HOP, "content-encoding"}}
        return Response(answer.content, answer.status_code, headers=kept)


@dataclass
class Outside:
    """The provider, the mailbox and the telephone company, and where they listen."""

    psp: Psp
    psp_socket: socket
    mail: MailCatcher
    smtp_port: int
    phone: PhoneCatcher
    phone_url: str

    @property
    def psp_url(self) -> str:
        return f"http://{HOST}:{self.psp_socket.getsockname()[1]}"


@asynccontextmanager
async def outside(*, webhook_url: str, webhook_secret: str, api_key: str) -> AsyncGenerator[Outside]:
    """Provider, mail server and telephone company at work."""
    psp = Psp(webhook_secret=webhook_secret, webhook_url=webhook_url, api_key=api_key)
    mail, phone = MailCatcher(keeps=MAILS), PhoneCatcher()
    (door, _), (line, line_port) = bind(), bind()
    async with served(psp.app, door), served(phone.app, line):
        await psp.start()
        try:
            yield Outside(psp, door, mail, await mail.start_smtp(), phone, f"http://{HOST}:{line_port}")
        finally:
            await psp.stop()
            await mail.stop()


@asynccontextmanager
async def gateway(
    door: socket,
    *,
    public: Mapping[str, str],
    internal: Mapping[str, str],
    world: Outside,
    staff: SignIn,
    dead_letters: DeadLetters,
) -> AsyncGenerator[None]:
    """The one public door: the routes of the gateway, and `/dev`."""
    async with (
        _clients(public) as services,
        development_door(internal, world=world, staff=staff, dead_letters=dead_letters) as dev,
    ):
        routed = Gateway(read_routes(), {name: Neighbour(each) for name, each in services.items()}, door=dev)
        routed.ready = True
        async with served(routed, door):
            yield


@asynccontextmanager
async def development_door(
    internal: Mapping[str, str], *, world: Outside, staff: SignIn, dead_letters: DeadLetters
) -> AsyncGenerator[App]:
    """`/dev` alone, as an app."""
    async with _clients(internal) as facts:
        inside = {"mail": world.mail.app, "psp": world.psp.app, "phone": world.phone.app}
        near = {
            name: httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://near")
            for name, app in inside.items()
        }
        yield make_door(facts=facts, **near, staff=staff, dead_letters=dead_letters)


@asynccontextmanager
async def _clients(urls: Mapping[str, str]) -> AsyncGenerator[Mapping[str, httpx2.AsyncClient]]:
    # As many are kept as may be open: a crowd would have most of them closed and opened again for every request.
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=30)
    timeout = httpx2.Timeout(ROUTE_SECONDS, connect=0.25, pool=ROUTE_SECONDS)
    clients = {name: httpx2.AsyncClient(base_url=url, limits=limits, timeout=timeout) for name, url in urls.items()}
    try:
        yield clients
    finally:
        for each in clients.values():
            await each.aclose()
