"""The gateway's route table, as the demo walks it."""

from dataclasses import dataclass
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[3]
ROUTES = CHECKOUT / "gateway" / "routes.yaml"


@dataclass(frozen=True, slots=True)
class Route:
    """Paths that are `prefix`, or lie below it, belong to `service`."""

    prefix: str
    service: str
    auth: str
    """Whether a token is looked at before the service is asked: `public` where it is not."""
    method: str | None = None

    def leads(self, path: str, method: str | None = None) -> bool:
        """Whichever method it is, when none is given: the service does not depend on it."""
        below = path == self.prefix or path.startswith(self.prefix.rstrip("/") + "/")
        return below and (method is None or self.method in (None, method))


def read_routes(file: Path = ROUTES) -> list[Route]:
    """The table of `gateway/routes.yaml`, in its order."""
    table = yaml.safe_load(file.read_text())
    return [
        Route(row["prefix"], row["service"], row.get("auth", table["classes"][row["class"]]["auth"]), row.get("method"))
        for row in table["routes"]
    ]
