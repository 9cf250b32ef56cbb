"""Where a gateway runs: addresses, ports, paths and sizes. The only thing in which two renderings differ."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, override

import yaml

from gateway.table import BEHIND

PLACES = Path(__file__).parents[2] / "places"


@dataclass(frozen=True, slots=True)
class Address:
    """`host:port`. The host may be a name."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        host, _, port = text.rpartition(":")
        return cls(host, int(port))

    @override
    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service: its public port, and the internal one that is only asked for its health."""

    public: Address
    internal_port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """`host:public:internal`."""
        public, _, internal = text.rpartition(":")
        return cls(Address.parse(public), int(internal))

    @override
    def __str__(self) -> str:
        return f"{self.public}:{self.internal_port}"


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service's stable replicas are, and its canaries when there are any."""

    stable: tuple[Replica, ...]
    canary: tuple[Replica, ...] = ()
    canary_weight: int = 0
    """How many of a hundred requests the canaries get; `x-shop-track: canary` gets there always."""


@dataclass(frozen=True, slots=True)
class Listen:
    """A door. `trusted_hops` proxies before it are believed in X-Forwarded-For; nobody else ever is."""

    at: Address
    trusted_hops: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that a rendering must know and the route table does not say."""

    services: Mapping[str, Service]
    public: Listen
    admin: str
    """A path for a unix socket, or a port on loopback. Nothing routes there."""
    folder: str
    """Where Envoy finds `rds.yaml`, `openapi.json` and `docs.html` when it runs."""
    cache_folder: str
    storefront: Listen | None = None
    metrics: Address | None = None
    door: Address | None = None
    collector: Address | None = None
    traces_share: float = 1.0
    """How much of what begins here is recorded; whoever asks with a trace of their own has decided already."""
    origins: tuple[str, ...] = ()
    limits: float = 1.0
    """By what the rates of the table are multiplied: more where tests and fuzzers live."""
    access_log: str = "/dev/stdout"
    heap_bytes: int = 512 * 1024 * 1024
    connections: int = 10_000
    cache_bytes: int = 64 * 1024 * 1024
    cache_entries: int = 10_000
    keys_seconds: int = 300
    health_seconds: int = 1

    @classmethod
    def from_mapping(cls, told: Mapping[str, Any]) -> Self:
        """From what a places file says."""
        read: dict[str, Any] = {**told, "admin": str(told["admin"]), "origins": tuple(told.get("origins", ()))}
        read["services"] = {name: _service(told["services"][name]) for name in BEHIND}
        for name in ("public", "storefront"):
            if name in told:
                read[name] = _listen(told[name])
        for name in ("metrics", "door", "collector"):
            if name in told:
                read[name] = Address.parse(told[name])
        return cls(**read)

    def to_mapping(self) -> dict[str, Any]:
        """What a places file says of this one."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _written(value) for name, value in told.items() if value is not None}


def read_place(name: str) -> Place:
    """A place by the name of its file in `gateway/places`, or by a path."""
    file = Path(name) if name.endswith((".yaml", ".yml")) else PLACES / f"{name}.yaml"
    return Place.from_mapping(yaml.safe_load(file.read_text()))


def write_place(place: Place, file: Path) -> None:
    """For a gateway that already runs: `read_place` finds it by its path."""
    file.write_text(yaml.safe_dump(place.to_mapping(), sort_keys=False))


def _service(told: Mapping[str, Any]) -> Service:
    stable, canary = (tuple(map(Replica.parse, told.get(track, ()))) for track in ("stable", "canary"))
    return Service(stable, canary, told.get("canary_weight", 0))


def _written(value: object) -> Any:
    match value:
        case Address() | Replica():
            return str(value)
        case Service(stable, canary, weight):
            return {"stable": _written(stable), "canary": _written(canary), "canary_weight": weight}
        case Listen(at, trusted_hops):
            return {"at": str(at), "trusted_hops": trusted_hops}
        case Mapping():
            return {name: _written(each) for name, each in value.items()}
        case tuple():
            return [_written(each) for each in value]
        case _:
            return value


def _listen(told: Mapping[str, Any]) -> Listen:
    return Listen(Address.parse(told["at"]), told.get("trusted_hops", 0))
