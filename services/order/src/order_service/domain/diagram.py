"""The saga drawn, from the table itself."""

from collections import defaultdict

from order_service.domain.order import State
from order_service.domain.saga import TABLE, Row


def mermaid() -> str:
    """The table as a Mermaid state diagram: why a state is left, and what is said then."""
    causes: defaultdict[tuple[State, State, str], list[str]] = defaultdict(list)
    for row in TABLE:
        causes[row.before, row.after, ", ".join(row.says)].append(_cause(row))
    lines = ["stateDiagram-v2", "    [*] --> PENDING: placed / reserve_stock"]
    for (before, after, says), why in causes.items():
        lines.append(f"    {before} --> {after}: {' or '.join(why)}" + (f" / {says}" if says else ""))
    return "\n".join([*lines, "    CANCELLED --> [*]"])


def _cause(row: Row) -> str:
    condition = f" [{row.when.__name__}]" if row.when is not None else ""
    return row.trigger + condition
