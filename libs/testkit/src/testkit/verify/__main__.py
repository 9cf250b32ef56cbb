"""`python -m testkit.verify`: one line an invariant, exit 1 on a violation."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from testkit.verify.facts import Facts, fetch
from testkit.verify.invariants import AT_REST, WITH_JOURNAL, check
from testkit.verify.journal import Journal

SHOWN = 5


async def settled(url: str, seconds: float) -> Facts:
    """The facts once nothing is under way any more, or after `seconds` as they are."""
    deadline = time.monotonic() + seconds
    while True:
        facts = await fetch(url)
        if facts.quiet or time.monotonic() > deadline:
            return facts
        await asyncio.sleep(0.5)


def report(facts: Facts, journal: Journal | None) -> int:
    """Print the result; how many invariants are violated."""
    found = check(facts, journal)
    invariants = {**WITH_JOURNAL, **AT_REST}
    for name in sorted(invariants, key=lambda each: (int(each[1:].rstrip("a")), each)):
        says = (invariants[name].__doc__ or "").partition(": ")[2]
        if name not in found:
            print(f"{name:4} not checked  {says} (needs a journal)")
        elif found[name]:
            print(f"{name:4} VIOLATED     {says}")
            print("\n".join(f"       {each}" for each in found[name][:SHOWN]))
        else:
            print(f"{name:4} holds        {says}")
    counts = ", ".join(f"{len(facts[kind])} {kind}s" for kind in ("order", "payment", "hold", "mail"))
    print(f"over {counts}; {'at rest' if facts.quiet else 'NOT AT REST: something is still under way'}")
    return sum(bool(each) for each in found.values()) + (not facts.quiet)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="base URL of the shop")
    parser.add_argument("--journal", type=Path, help="what the journeys saw")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait until nothing is under way")
    asked = parser.parse_args()
    facts = asyncio.run(settled(asked.url, asked.wait))
    return 1 if report(facts, Journal.read(asked.journal) if asked.journal else None) else 0


if __name__ == "__main__":
    sys.exit(main())
