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

    def leads(self, path: str) -> bool:
        return path == self.prefix or path.startswith(self.prefix + "/")


def read_routes(file: Path = ROUTES) -> list[Route]:
    """The table of `gateway/routes.yaml`, in its order."""
    return [Route(row["prefix"], row["service"]) for row in yaml.safe_load(file.read_text())["routes"]]
