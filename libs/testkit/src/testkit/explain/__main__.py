"""`python -m testkit.explain --url URL ORDER`: one order's life as one timeline, from the facts of a running shop.

Exit codes: 0 told; 1 there is no such order; 2 nothing could be read.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime

import httpx2

from testkit.explain.story import Fact, NoSuchOrder, Story, tell
from testkit.verify.facts import DOOR, SOURCES

UNKNOWN, UNREADABLE = 1, 2
ANSWER_SECONDS = 30
SPANS = "spans"
"""Where traces are recorded at all."""
UNKNOWN_SOURCE = 404


async def read(url: str) -> dict[str, list[Fact]]:
    """All facts by source, through the development door."""
    async with httpx2.AsyncClient(base_url=url, headers=DOOR, timeout=ANSWER_SECONDS) as client:
        told = {source: await _lines(client, source) for source in SOURCES}
        return {**told, SPANS: await _lines(client, SPANS, perhaps=True)}


async def _lines(client: httpx2.AsyncClient, source: str, *, perhaps: bool = False) -> list[Fact]:
    async with client.stream("GET", f"/dev/facts/{source}") as answer:
        if perhaps and answer.status_code == UNKNOWN_SOURCE:
            return []
        answer.raise_for_status()
        return [json.loads(line) async for line in answer.aiter_lines() if line]


def as_text(story: Story) -> str:
    """Columns: time of day, milliseconds since the line before, who, what."""
    order = story.order
    began = next((line.at for line in story.lines if line.at), None)
    head = f"Order {order['number']} ({order['id']}) is {order['state']}"
    lines = [f"{head}; it began on {began:%Y-%m-%d} (UTC)." if began else f"{head}.", ""]
    before: datetime | None = None
    for line in story.lines:
        if line.at is None:
            lines.append(f"{'time unknown':>12} {'':>9}  {line.who:12}  {line.what}")
            continue
        passed = max(
            0.0, (line.at - (before or line.at)).total_seconds() * 1000
        )  # within a millisecond, cause is first
        clock = line.at.strftime("%H:%M:%S.%f")[:12]
        lines.append(f"{clock} {f'+{passed:.0f} ms':>9}  {line.who:12}  {line.what}")
        before = line.at
    return "\n".join(lines)


def as_json(story: Story) -> str:
    lines = [
        {"at": line.at.isoformat() if line.at else None, "who": line.who, "what": line.what} for line in story.lines
    ]
    order = {name: story.order[name] for name in ("id", "number", "state")}
    return json.dumps({"order": order, "lines": lines}, ensure_ascii=False, indent=1)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="explain", description=__doc__)
    parser.add_argument("order", help="its id, or its number")
    parser.add_argument("--url", required=True, help="base URL of the shop")
    parser.add_argument("--json", action="store_true", help="for programs")
    asked = parser.parse_args(arguments)
    try:
        story = tell(asyncio.run(read(asked.url)), asked.order)
    except NoSuchOrder as unknown:
        print(unknown, file=sys.stderr)
        return UNKNOWN
    except (httpx2.HTTPError, ValueError) as fault:
        print(f"nothing could be read: {type(fault).__name__}: {fault}", file=sys.stderr)
        return UNREADABLE
    print(as_json(story) if asked.json else as_text(story))
    return 0


if __name__ == "__main__":
    sys.exit(main())
