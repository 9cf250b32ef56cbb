"""Styles, scripts, letters and marks: read once, named by what is in them, kept by browsers for ever."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
READABLE = {".css", ".js", ".svg"}
NAMED = re.compile(rb'url\("([^"/:]+/[^":]+)"\)')
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Static:
    kind: str
    body: bytes
    packed: bytes | None
    """The same, compressed, where that is worth it."""


class Statics:
    """Everything under `static/`, in memory: some tens of kilobytes."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, Static] = {}
        self._urls: dict[str, str] = {}
        for path in sorted((each for each in folder.rglob("*") if each.suffix in KINDS), key=_sheets_last):
            name = path.relative_to(folder).as_posix()
            body = self._pointing(path.read_bytes()) if path.suffix == ".css" else path.read_bytes()
            mark = f"{sha256(body).hexdigest()[:12]}/{name}"
            packed = gzip.compress(body, mtime=0) if path.suffix in READABLE else None
            self._files[mark] = Static(KINDS[path.suffix], body, packed)
            self._urls[name] = f"/static/{mark}"

    def _pointing(self, sheet: bytes) -> bytes:
        """A style sheet's `url("letters/x.woff2")` as the address that the file has."""

        def address(named: re.Match[bytes]) -> bytes:
            return f'url("{self._urls[named[1].decode()]}")'.encode()

        return NAMED.sub(address, sheet)

    def url(self, name: str) -> str:
        """Raises KeyError for a file that there is not: a page that names it is wrong."""
        return self._urls[name]

    @property
    def urls(self) -> Mapping[str, str]:
        return self._urls

    async def answer(self, request: Request) -> Response:
        """`/static/{mark}/{name}`: that very version, or nothing."""
        found = self._files.get(request.path_params["path"])
        if found is None:
            return Response(status_code=404)
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.packed, media_type=found.kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(found.body, media_type=found.kind, headers=headers)


def _sheets_last(path: Path) -> tuple[bool, Path]:
    """They name the others."""
    return path.suffix == ".css", path
