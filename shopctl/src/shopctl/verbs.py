"""Which console does what. The whole of what shopctl knows about the services."""

from collections.abc import Sequence
from dataclasses import dataclass

SERVICES = ("user", "product", "order", "payment", "notification")


@dataclass(frozen=True, slots=True)
class Step:
    """One call of one service's console. With `exact`, the console itself knows `--dry-run` and `--json`."""

    service: str
    arguments: Sequence[str]
    exact: bool = False
    asks: bool = False
    """It reads standard input: a password."""


def migrate(services: Sequence[str]) -> list[Step]:
    """Bring the stores to what this version needs; safe to repeat."""
    return [Step(each, ["migrate"]) for each in services]


def bootstrap(email: str, name: str) -> list[Step]:
    """Make the first admin; the password is read from the terminal, or from standard input."""
    return [Step("user", ["bootstrap-admin", "--email", email, "--name", name], asks=True)]


def seed() -> list[Step]:
    """Put the sample catalogue into the shop; what is there stays."""
    return [Step("product", ["seed"])]


def redrive(services: Sequence[str], limit: int) -> list[Step]:
    """Give dead letters a new life."""
    return [Step(each, ["redrive", "--limit", str(limit)]) for each in services]


def rotate_keys(step: str | None) -> list[Step]:
    """The next step of a signing key's life; without one, say how things stand."""
    return [Step("user", ["rotate-keys", *([f"--{step}"] if step else [])], exact=True)]


def reconcile(since_hours: float | None) -> list[Step]:
    """Compare the books with the payment provider's, and cancel what it holds for nobody; refused while they differ."""
    since = [] if since_hours is None else ["--since", str(since_hours)]
    return [Step("payment", ["reconcile", *since], exact=True)]


def saga() -> list[Step]:
    """The order's saga as a Mermaid diagram."""
    return [Step("order", ["diagram"])]
