"""`python -m testkit.verify`: one line an invariant.

Exit codes: 0 all hold and the shop is at rest; 1 something is violated, or still under way; 2 nothing could be read.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

import httpx2

from testkit.verify.facts import Facts, fetch
from testkit.verify.invariants import AT_REST, WITH_JOURNAL, check
from testkit.verify.journal import Journal
from testkit.verify.telling import every_message_has_its_effect

SHOWN = 5
UNREADABLE = 2


async def settled(url: str, seconds: float) -> Facts:
    """The facts once nothing is under way any more, or after `seconds` as they are."""
    deadline = time.monotonic() + seconds
    at_rest = False
    while True:
        facts = await fetch(url)
        # One store is read after the other: what the first one said may be from before the last one came to rest.
        if (at_rest and facts.quiet) or time.monotonic() > deadline:
            return facts
        # What has just left is not heard yet.
        at_rest = facts.quiet and not any(every_message_has_its_effect(facts))
        if not at_rest:
            await asyncio.sleep(0.5)


def report(facts: Facts, journal: Journal | None, *, resends: int = 0) -> int:
    """Print the result; how many invariants are violated, and one more when the shop is not at rest."""
    found = check(facts, journal, resends=resends)
    invariants = {**WITH_JOURNAL, **AT_REST}
    for name in sorted(invariants, key=lambda each: (int(each[1:].rstrip("a")), each)):
        says = (invariants[name].__doc__ or "").partition(": ")[2].partition("\n")[0]
        if name not in found:
            print(f"{name:4} not checked  {says} (needs a journal)")
        elif found[name]:
            print(f"{name:4} VIOLATED     {says}")
            print("\n".join(f"       {each}" for each in found[name][:SHOWN]))
            if len(found[name]) > SHOWN:
                print(f"       and {len(found[name]) - SHOWN} more")
        elif journal is None and name in WITH_JOURNAL:
            print(f"{name:4} holds        {says} (in the stores; not checked against answers: needs a journal)")
        else:
            print(f"{name:4} holds        {says}")
    counts = ", ".join(f"{len(facts[kind])} {kind}s" for kind in ("order", "payment", "hold", "mail"))
    print(f"over {counts}; {'at rest' if facts.quiet else 'NOT AT REST: something is still under way'}")
    if not facts["order"]:
        print("Nothing was ordered here: this proves little.")
    return sum(bool(each) for each in found.values()) + (not facts.quiet)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="base URL of the shop")
    parser.add_argument("--journal", type=Path, help="what the journeys saw")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait until nothing is under way")
    parser.add_argument(
        "--resends", type=int, default=0, help="how often sending a mail was cut off after the mail was taken"
    )
    asked = parser.parse_args(arguments)
    try:
        journal = Journal.read(asked.journal) if asked.journal else None
        facts = asyncio.run(settled(asked.url, asked.wait))
    except (httpx2.HTTPError, OSError, ValueError) as fault:
        print(f"nothing could be read: {type(fault).__name__}: {fault}", file=sys.stderr)
        return UNREADABLE
    return 1 if report(facts, journal, resends=asked.resends) else 0


if __name__ == "__main__":
    sys.exit(main())
