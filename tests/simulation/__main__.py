"""`python -m tests.simulation SEED [--order ID]`: run one seed again, tell what happened, and draw it."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.simulation.picture import draw, lines_of
from tests.simulation.run import STEPS, Outcome, simulate
from tests.simulation.seeds import ROOT, commit

REPORTS = ROOT / "reports" / "simulation"


def shown_order(outcome: Outcome) -> str | None:
    """The one that a violation names; without one, the one that most happened to."""
    for violation in outcome.violations:
        for name, order_id in outcome.names.items():
            if name in violation:
                return order_id
    about = Counter(each.order_id for each in outcome.trace.lines if each.order_id)
    return about.most_common(1)[0][0] if about else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--order", help="which order to draw, by id or number")
    parser.add_argument("--to", type=Path, default=REPORTS, help="folder for the picture and the whole trace")
    asked = parser.parse_args(arguments)
    outcome = simulate(asked.seed, steps=asked.steps)
    order_id = outcome.names.get(asked.order, asked.order) if asked.order else shown_order(outcome)
    asked.to.mkdir(parents=True, exist_ok=True)
    whole, picture = asked.to / f"{asked.seed}.txt", asked.to / f"{asked.seed}.svg"
    whole.write_text("\n".join(map(str, outcome.trace.lines)) + "\n")
    lines = lines_of(outcome.trace, order_id) if order_id else []
    title = f"commit {commit()}, seed {asked.seed}, order {order_id}"
    picture.write_text(draw(lines, title=title))
    print("\n".join(map(str, lines)))
    print(f"\n{title}\n{len(outcome.trace.lines)} lines in {whole}, this order in {picture}")
    print(f"orders: {dict(outcome.ends)}; {outcome.seconds:.0f} s of virtual time; digest {outcome.trace.digest[:16]}")
    print("\n".join(outcome.violations) or "every invariant holds")
    return 0 if outcome.holds else 1


if __name__ == "__main__":
    sys.exit(main())
