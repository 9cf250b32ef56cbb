"""A live stream as a client reads it: server-sent events, and the number to come back with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

PATH = "/api/v1/notifications/stream"


class Stream:
    """What comes on one connection. `last` is the id of the last event."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._lines = answer.iter_lines()
        self.last = ""

    def next(self) -> dict[str, Any] | None:
        """The next event; None when the stream has ended."""
        said: dict[str, str] = {}
        for line in self._lines:
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                said[name] = value
            elif said:
                self.last = said["id"]
                return {"event": said["event"], "id": int(said["id"]), **json.loads(said["data"])}
        return None

    def until(self, *kinds: str) -> list[dict[str, Any]]:
        """The events up to the first of one of these kinds, it included."""
        found: list[dict[str, Any]] = []
        while (event := self.next()) is not None:
            found.append(event)
            if event.get("kind") in kinds:
                return found
        raise AssertionError(f"the stream ended, and none of {kinds} had come: {found}")


@contextmanager
def stream(client: httpx2.Client, token: str, *, after: int | str | None = None) -> Iterator[Stream]:
    """An open stream, past the event that says that it is open."""
    headers = {"Authorization": f"Bearer {token}"}
    if after is not None:
        headers["Last-Event-ID"] = str(after)
    with client.stream("GET", PATH, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        live = Stream(answer)
        opened = live.next()
        assert opened is not None
        assert opened["event"] == "open"
        yield live
