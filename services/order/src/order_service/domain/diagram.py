"""The saga drawn, from the table itself."""

from collections import defaultdict

from order_service.domain.saga_table import ONLY_WHEN, TABLE, Row
from order_service.domain.states import Said, State


def mermaid() -> str:
    """The table as a Mermaid state diagram: why a state is left, and what is said then."""
    causes: defaultdict[tuple[State, State, str], list[str]] = defaultdict(list)
    for row in TABLE:
        causes[row.before, row.after, ", ".join(map(_said, row.says))].append(_cause(row))
    lines = ["stateDiagram-v2", "    [*] --> PENDING: placed / reserve_stock"]
    for (before, after, says), why in causes.items():
        lines.append(f"    {before} --> {after}: {' or '.join(why)}" + (f" / {says}" if says else ""))
    return "\n".join([*lines, "    REFUNDED --> [*]", "    CANCELLED --> [*]"])


def _said(said: Said) -> str:
    return f"{said} [{ONLY_WHEN[said].__name__}]" if said in ONLY_WHEN else said.value


def _cause(row: Row) -> str:
    condition = f" [{row.when.__name__}]" if row.when is not None else ""
    return row.trigger + condition
