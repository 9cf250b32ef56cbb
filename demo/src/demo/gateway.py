"""What stands in Envoy's place when there is only one process: routes, and nothing more."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis.bounds import App, Receive, Scope, Send
from chassis.problems import problem
from starlette.responses import FileResponse, Response

from demo.routes import CHECKOUT, Route

DOCUMENT = CHECKOUT / "gateway" / "openapi.json"
DOCUMENT_PAGE = CHECKOUT / "gateway" / "docs.html"
FILES: Mapping[str, tuple[Path, str]] = {
    "/api/openapi.json": (DOCUMENT, "application/json"),
    "/api/docs": (DOCUMENT_PAGE, "text/html"),
}
FOR_PROGRAMS = ("/api/", "/.well-known/")
"""Whoever asks for something else there gets no page."""
INTERNAL_HEADERS = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"})


class Gateway:
    """One public door: hands each request to the service that its path belongs to."""

    def __init__(self, routes: Sequence[Route], services: Mapping[str, App], *, door: App) -> None:
        self._routes = routes
        self._services = dict(services)
        self._door = door
        self.ready = False

    def show(self, pages: App) -> None:
        """From now on there is a shop to look at."""
        self._services["storefront"] = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway does not speak {scope['type']}")
        # What a client says about its own address is a claim, not a fact.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in INTERNAL_HEADERS]
        await self._choose(scope["path"])(scope, receive, send)

    def _choose(self, path: str) -> App:
        if path == "/readyz":
            return Response(status_code=204) if self.ready else problem(503, "unavailable", "starting")
        if path in FILES:
            file, kind = FILES[path]
            return FileResponse(file, media_type=kind)
        if f"{path}/".startswith("/dev/"):
            return self._door
        for route in self._routes:
            if route.leads(path) and not (route.prefix == "/" and f"{path}/".startswith(FOR_PROGRAMS)):
                return self._services.get(route.service) or problem(503, "unavailable", "Not open yet.")
        return problem(404, "not_found", "There is nothing at this address.")
