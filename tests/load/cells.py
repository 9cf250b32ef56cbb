"""What the tables about measurements are made of: sums, figures as they are written, and where they come from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def of(cost: Mapping[str, float], names: Iterable[str]) -> float:
    """Summed over these, whatever their replica."""
    wanted = tuple(names)
    return sum(each for who, each in cost.items() if who in wanted or who.startswith(tuple(f"{n}-" for n in wanted)))


def ms(found: float | None) -> str:
    return "" if found is None else f"{found:.0f}" if found >= 10 else f"{found:.1f}"


def where(record: Record, command: str, loads: Sequence[float]) -> str:
    """How, when, of what and beside whom this was measured."""
    told = record["circumstances"]
    machine = told["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    changed = " and what was changed since" if told["changed_since"] else ""
    seed = f", seed {told['asked']['seed']}" if "seed" in told["asked"] else ""
    idle = ", at idle priority" if told["idle_priority"] else ""
    return (
        f"`{command}`{seed}, {told['date']} UTC, of commit {told['commit']}{changed},"
        f" on {machine['cores']} cores of {machine['processor'].strip()} with a load of"
        f" {min(loads):g} to {max(loads):g}{idle}. {versions}."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(each)} |" for each in lines]
