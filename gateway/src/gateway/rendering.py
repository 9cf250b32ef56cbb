"""Both files of a configuration, and how they are written."""

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from gateway.cache import bootstrap_extension
from gateway.clusters import admin_address, clusters
from gateway.envoy import Node
from gateway.limits import overload
from gateway.listeners import listeners
from gateway.place import Place
from gateway.routes import route_configuration
from gateway.table import Table

BOOTSTRAP = "envoy.yaml"
ROUTES = "rds.yaml"

RUNTIME = {
    "re2.max_program_size.error_level": 200,
    # Five spans a request to the collector is Envoy's own default, and costs a busy gateway a third of its time.
    "tracing.opentelemetry.min_flush_spans": 200,
    "tracing.opentelemetry.flush_interval_ms": 1000,
}


def bootstrap(place: Place, table: Table) -> Node:
    """What Envoy starts with, and keeps until it is started anew."""
    return {
        "node": {"id": "gateway", "cluster": "gateway"},
        "bootstrap_extensions": [bootstrap_extension()],
        "admin": {"address": admin_address(place)},
        "static_resources": {"listeners": listeners(place, table), "clusters": clusters(place)},
        "overload_manager": overload(place),
        "layered_runtime": {"layers": [{"name": "static", "static_layer": RUNTIME}]},
    }


def discovery(place: Place, table: Table) -> Node:
    """What may change while it runs: routes, and how many go to the canaries."""
    return {"resources": [route_configuration(place, table)]}


def write_routes(place: Place, table: Table, folder: Path) -> None:
    """Change the routes of a running gateway: all at once, or not at all."""
    _write(folder / ROUTES, discovery(place, table))


def write(place: Place, table: Table, folder: Path) -> None:
    """A whole configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / BOOTSTRAP, bootstrap(place, table))
    write_routes(place, table, folder)


def _write(file: Path, document: dict[str, Any]) -> None:
    """By renaming: nobody ever reads half a file, and Envoy hears that there is a new one."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w") as opened:
        yaml.safe_dump(document, opened, sort_keys=False, width=120)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(file)
