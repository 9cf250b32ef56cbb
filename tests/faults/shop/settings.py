"""What each process of the shop is told, as environment variables; times shortened where they are settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from testkit.stores.server import free_port

from tests.faults.shop.grounds import WITH_TABLES, Grounds

SERVICES = ("user", "product", "order", "payment", "notification")
PROVIDER_KEY = "sk_test_of_this_run"
WEBHOOK_SECRET = "whsec_of_this_run"


@dataclass(frozen=True)
class Ports:
    """Three a service, chosen once: a process that comes back is found where it was."""

    public: dict[str, int] = field(default_factory=lambda: {each: free_port() for each in SERVICES})
    internal: dict[str, int] = field(default_factory=lambda: {each: free_port() for each in SERVICES})
    worker: dict[str, int] = field(default_factory=lambda: {each: free_port() for each in SERVICES})


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def environments(
    grounds: Grounds, ports: Ports, *, shop_url: str, provider_url: str, smtp_port: int, phone_url: str
) -> dict[str, dict[str, str]]:
    """Service -> the environment of its processes and commands."""
    own: dict[str, Mapping[str, object]] = {
        "user": {
            "redis_url": grounds.redis.url,
            "signing_key": _signing_key(),
            "refresh_key": "r" * 32,
            "peppers": json.dumps({"1": "p" * 32}),
            "sign_in_failures": 1000,
            "registrations_per_hour": 1000,
            "mails_per_hour": 1000,
            "resets_per_hour": 1000,
            "network_resets_per_hour": 1000,
            "refreshes_per_minute": 1000,
        },
        "product": {"expire_every": "PT1S"},
        "order": {
            "product_url": url(ports.internal["product"]),
            "cart_secret": "c" * 32,
            "checkouts_per_minute": 10_000,
            "checkouts_at_once": 1000,
            "sweep_every": "PT0.5S",
            "relay_lease": "PT1S",
        },
        "payment": {
            "provider_url": provider_url,
            "provider_key": PROVIDER_KEY,
            "webhook_secret": WEBHOOK_SECRET,
            "look_every": "PT0.1S",
        },
        "notification": {
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_start_tls": False,
            "sms_url": phone_url,
            "sms_account": "ACofthisrun",
            "sms_token": "t0k-of-this-run",
            "sms_sender": "Mercato",
            "shop_url": shop_url,
        },
    }
    return {
        service: {
            f"{service}_{name}".upper(): str(value)
            for name, value in {**_common(service, grounds, ports), **own[service]}.items()
        }
        for service in SERVICES
    }


def _common(service: str, grounds: Grounds, ports: Ports) -> dict[str, object]:
    store: dict[str, object] = {"mongo_url": grounds.mongo.url, "mongo_database": grounds.mongo_database(service)}
    if service in WITH_TABLES:
        database = grounds.databases[service]
        store = {"database_url": database.url, "database_owner_url": database.owner_url}
    return {
        **store,
        "broker_url": grounds.broker_url(service),
        "user_url": url(ports.public["user"]),
        "public_port": ports.public[service],
        "internal_port": ports.internal[service],
        "worker_port": ports.worker[service],
        "drain_seconds": 0,
        "development_door": True,
    }


def _signing_key() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
