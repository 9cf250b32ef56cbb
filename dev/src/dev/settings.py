"""What each process is told, as environment variables: one function a service, and nothing anywhere else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from shopctl.first_secrets import ForServices, token

from dev.grounds import WITH_TABLES, Grounds
from dev.ports import free_ports, url

SERVICES = ("user", "product", "order", "payment", "notification")
MANY = 10_000
"""Everybody comes from one address here: the limits per address would only meet ourselves."""

SMS_ACCOUNT = "ACdev"

Settings = dict[str, object]


@dataclass(frozen=True)
class Secrets(ForServices):
    """Made for one run; kept beside its data, which is worth nothing without them."""

    signing_key: str = field(default_factory=lambda: _signing_key())
    customer_password: str = field(default_factory=token)


@dataclass(frozen=True)
class Replica:
    """The ports of one API process and one worker of a service."""

    public: int
    internal: int
    worker: int


@dataclass(frozen=True)
class Outside:
    """Where the world outside of the shop listens; `url` is the shop's own public address."""

    url: str
    provider_url: str
    smtp_port: int
    phone_url: str
    spans_url: str | None = None


@dataclass(frozen=True)
class Neighbours:
    """Where services find each other: one address a service, however many replicas stand behind it."""

    user_url: str
    product_url: str


@dataclass(frozen=True)
class Plan:
    """All that settings are made of."""

    grounds: Grounds
    secrets: Secrets
    outside: Outside
    neighbours: Neighbours
    replicas: Mapping[str, tuple[Replica, ...]]
    canaries: Mapping[str, Replica] = field(default_factory=dict)
    """Service -> one API more, to which nobody is sent until told."""
    changed: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Service -> settings that this run wants otherwise; None: not at all."""

    def environment(self, service: str, replica: Replica | None = None) -> dict[str, str]:
        """Of one replica's two processes; of the first one's, and of the service's console, when none is named."""
        told = {
            **_common(self, service, replica or self.replicas[service][0]),
            **OWN[service](self),
            **self.secrets.of(service),
            **self.changed.get(service, {}),
        }
        return {f"{service}_{name}".upper(): str(value) for name, value in told.items() if value is not None}


def make_replicas(count: int = 1) -> dict[str, tuple[Replica, ...]]:
    """Ports, chosen once: a process that comes back is found where it was."""
    ports = iter(free_ports(3 * count * len(SERVICES)))
    return {
        service: tuple(Replica(next(ports), next(ports), next(ports)) for _ in range(count)) for service in SERVICES
    }


def make_canaries(services: Iterable[str]) -> dict[str, Replica]:
    """Only their APIs are ever started: what queues carry has no canary."""
    return {service: Replica(*free_ports(3)) for service in services}


def neighbours_without_balance(replicas: Mapping[str, tuple[Replica, ...]]) -> Neighbours:
    """The first replica is everybody's neighbour."""
    return Neighbours(url(replicas["user"][0].public), url(replicas["product"][0].internal))


def _common(plan: Plan, service: str, replica: Replica) -> Settings:
    grounds = plan.grounds
    store: Settings = {"mongo_url": grounds.mongo.url, "mongo_database": grounds.mongo_database(service)}
    if service in WITH_TABLES:
        database = grounds.databases[service]
        store = {"database_url": database.url, "database_owner_url": database.owner_url}
    return {
        **store,
        "broker_url": grounds.broker_url(service),
        "user_url": plan.neighbours.user_url,
        "public_port": replica.public,
        "internal_port": replica.internal,
        "worker_port": replica.worker,
        "drain_seconds": 0,
        "development_door": True,
        **({"traces_url": plan.outside.spans_url} if plan.outside.spans_url is not None else {}),
    }


def _user(plan: Plan) -> Settings:
    return {
        "redis_url": plan.grounds.redis.url,
        "signing_key": plan.secrets.signing_key,
        "trusted_hops": 1,
        "sign_in_failures": MANY,
        "network_failures": MANY,
        "account_failures": MANY,
        "registrations_per_hour": MANY,
        "mails_per_hour": MANY,
        "resets_per_hour": MANY,
        "network_resets_per_hour": MANY,
        "refreshes_per_minute": MANY,
    }


def _product(_: Plan) -> Settings:
    return {}


def _order(plan: Plan) -> Settings:
    return {
        "redis_url": plan.grounds.redis.url,
        "product_url": plan.neighbours.product_url,
        "checkouts_per_minute": MANY,
        "checkouts_at_once": MANY,
    }


def _payment(plan: Plan) -> Settings:
    return {
        "provider_url": plan.outside.provider_url,
        "return_url": f"{plan.outside.url}/checkout/return",
    }


def _notification(plan: Plan) -> Settings:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": plan.outside.smtp_port,
        "smtp_start_tls": False,
        "sms_url": plan.outside.phone_url,
        "sms_account": SMS_ACCOUNT,
        "sms_sender": "Mercato",
        "shop_url": plan.outside.url,
    }


OWN = {"user": _user, "product": _product, "order": _order, "payment": _payment, "notification": _notification}


def _signing_key() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
