"""The shop's secrets where nobody else keeps any: drawn once, handed out as files, kept from then on.

`shopctl secrets FOLDER` gives every reader a folder of its own: `user/user_database_url` and so on, named as the
services' settings look for them in `/run/secrets`. What was drawn lies in `operator/secrets.json`; the files are made
anew from it each time, so that one that is lost, or new in this version, is there again.
"""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from chassis.console import Ended
from chassis.logins import Logins, logins
from contracts.rabbitmq import SERVICES

WITH_TABLES = ("user", "product", "payment")
WITH_DOCUMENTS = ("order", "notification")
WITH_COUNTERS = ("user", "order")
STOREFRONT = "storefront"
OPERATOR = "operator"
"""The name under which the stores know whoever furnishes them."""
STAFF = "staff@mercato.example"
KEPT = "secrets.json"
PLACES = "places.json"

Files = Mapping[str, Mapping[str, str]]
"""Reader -> name of the file -> its text."""


def token() -> str:
    return secrets.token_urlsafe(32)


def _tokens(names: tuple[str, ...]) -> dict[str, str]:
    return {each: token() for each in names}


@dataclass(frozen=True)
class ForServices:
    """What services need to be random, whatever stores they have. A rung adds what is its own.

    What a later version adds, a service too, is drawn when that version first comes.
    """

    messages: dict[str, str] = field(default_factory=lambda: _tokens(SERVICES))
    """Their passwords at the broker."""
    refresh_key: str = field(default_factory=token)
    pepper: str = field(default_factory=token)
    cart_secret: str = field(default_factory=token)
    provider_key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(16)}")
    webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    sms_token: str = field(default_factory=token)
    seal_secret: str = field(default_factory=token)
    """Seals the visitors' cookies."""
    staff_password: str = field(default_factory=token)

    @classmethod
    def kept_in(cls, folder: Path) -> Self:
        """Those of before, and new ones for what was not known then; for their owner alone."""
        file = folder / KEPT
        known = json.loads(file.read_text()) if file.exists() else {}
        drawn = cls(**{name: _kept(fresh, known.get(name)) for name, fresh in asdict(cls()).items()})
        if asdict(drawn) != known:
            _write(file, json.dumps(asdict(drawn), indent=1), mode=0o400)
        return drawn

    def of(self, service: str) -> Mapping[str, str]:
        """One service's own, by the names of its settings."""
        match service:
            case "user":
                return {"refresh_key": self.refresh_key, "peppers": json.dumps({"1": self.pepper})}
            case "order":
                return {"cart_secret": self.cart_secret}
            case "payment":
                return {"provider_key": self.provider_key, "webhook_secret": self.webhook_secret}
            case "notification":
                return {"sms_token": self.sms_token}
            case "storefront":
                return {"seal_secret": self.seal_secret}
            case _:
                return {}


@dataclass(frozen=True)
class Drawn(ForServices):
    """All that has to be random where the stores are the shop's alone."""

    postgres: str = field(default_factory=token)
    mongo: str = field(default_factory=token)
    mongo_key: str = field(default_factory=lambda: secrets.token_hex(64))
    rabbitmq: str = field(default_factory=token)
    tables: dict[str, str] = field(default_factory=lambda: _tokens(WITH_TABLES))
    owners: dict[str, str] = field(default_factory=lambda: _tokens(WITH_TABLES))
    documents: dict[str, str] = field(default_factory=lambda: _tokens(WITH_DOCUMENTS))
    counters: dict[str, str] = field(default_factory=lambda: _tokens(WITH_COUNTERS))


@dataclass(frozen=True)
class Places:
    """By which names the stores and the processes beside them are found."""

    postgres: str = "postgres:5432"
    mongo: str = "mongo:27017"
    rabbitmq: str = "rabbitmq:5672"
    management: str = "rabbitmq:15672"
    valkey: str = "valkey:6379"
    services: Mapping[str, str] = field(default_factory=lambda: {each: each for each in SERVICES})
    names: Sequence[str] = ()
    """By which the development door may be called, beside the local ones."""
    simulators: Mapping[str, str] = field(
        default_factory=lambda: {
            "psp": "http://psp:8000",
            "mail": "http://mail:8000",
            "phone": "http://phone:8000",
            "spans": "http://collector:4318",
        }
    )

    @classmethod
    def told_in(cls, folder: Path) -> Self:
        """What `places.json` says there, or the names of compose where there is none."""
        file = folder / PLACES
        return cls(**json.loads(file.read_text())) if file.exists() else cls()


HERE = Places()


def files(drawn: Drawn, places: Places) -> Files:
    """Who reads what. Nobody can read what is another's."""
    owners = {f"{each}-owner": {**_of(each, drawn, places), **_owner(each, drawn, places)} for each in WITH_TABLES}
    return {
        **{each: _of(each, drawn, places) for each in SERVICES},
        **owners,
        STOREFRONT: {f"{STOREFRONT}_{name}": text for name, text in drawn.of(STOREFRONT).items()},
        "postgres": {"password": drawn.postgres},
        "mongo": {"password": drawn.mongo, "key": drawn.mongo_key},
        "rabbitmq": {"10-operator.conf": f"default_user = {OPERATOR}\ndefault_pass = {drawn.rabbitmq}\n"},
        "valkey": {"users.acl": "".join(_counting(drawn))},
        "simulators": {
            "psp_webhook_secret": drawn.webhook_secret,
            "psp_api_key": drawn.provider_key,
            "phone_token": drawn.sms_token,
            "door.json": json.dumps(_door(drawn, places)),
        },
    }


def give(folder: Path, places: Places = HERE) -> int:
    """Draw the shop's secrets once, and give every reader its own files of them."""
    try:
        readers = hand_out(folder, places)
    except OSError as refused:
        sys.stderr.write(f"refused: {refused}\n")
        return Ended.REFUSED
    sys.stdout.write(f"secrets of {', '.join(readers)} lie in {folder}\n")
    return Ended.DONE


def hand_out(folder: Path, places: Places) -> list[str]:
    """Write every reader's folder; who got one. Raises OSError where it may not write."""
    operator = folder / OPERATOR
    operator.mkdir(parents=True, exist_ok=True)
    wanted = files(Drawn.kept_in(operator), places)
    for reader, texts in wanted.items():
        (folder / reader).mkdir(exist_ok=True)
        for name, text in texts.items():
            # Readable for all, because only its reader ever has this folder before it, whatever its user's number is.
            _write(folder / reader / name, text, mode=0o444)
    return list(wanted)


def _of(service: str, drawn: Drawn, places: Places) -> dict[str, str]:
    told = {"broker_url": f"amqp://{service}:{drawn.messages[service]}@{places.rabbitmq}/"}
    if service in WITH_TABLES:
        told["database_url"] = _logins(service, drawn, places).url
    if service in WITH_DOCUMENTS:
        told["mongo_url"] = mongo_url(service, drawn.documents[service], places, source=service)
    if service in WITH_COUNTERS:
        told["redis_url"] = f"redis://{service}:{drawn.counters[service]}@{places.valkey}/0"
    return {f"{service}_{name}": text for name, text in {**told, **drawn.of(service)}.items()}


def _owner(service: str, drawn: Drawn, places: Places) -> Mapping[str, str]:
    """For the one job that prepares the service's store."""
    first = {"user_first_admin_password": drawn.staff_password} if service == "user" else {}
    return {f"{service}_database_owner_url": _logins(service, drawn, places).owner_url, **first}


def _logins(service: str, drawn: Drawn, places: Places) -> Logins:
    passwords = {"app_password": drawn.tables[service], "owner_password": drawn.owners[service]}
    return logins(f"postgresql://{places.postgres}", service, service, **passwords)


def mongo_url(user: str, password: str, places: Places, *, source: str) -> str:
    """A login at the replica set."""
    return f"mongodb://{user}:{quote(password, safe='')}@{places.mongo}/?replicaSet=rs0&authSource={source}"


def _counting(drawn: Drawn) -> Iterator[str]:
    """Only the hash of a password, only its own keys, and nothing that could stop or empty the store."""
    yield "user default off\n"
    for service, password in drawn.counters.items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        yield f"user {service} on #{digest} ~* &* +@all -@admin -@dangerous +info\n"


def _door(drawn: Drawn, places: Places) -> Mapping[str, object]:
    return {
        "host": "0.0.0.0",  # noqa: S104 - in a container; who may come is the network's matter
        "port": 8000,
        "facts": {each: [f"http://{host}:8001"] for each, host in places.services.items()},
        "user": [f"http://{places.services['user']}:8000"],
        **places.simulators,
        "staff": {"email": STAFF, "password": drawn.staff_password},
        "management_url": f"http://{OPERATOR}:{drawn.rabbitmq}@{places.management}",
        "vhost": "%2F",
        "names": list(places.names),
    }


def _kept(fresh: Any, known: Any) -> Any:
    return {**fresh, **(known or {})} if isinstance(fresh, dict) else known or fresh


def _write(file: Path, text: str, *, mode: int) -> None:
    """All or nothing: readers see the old file or the new one."""
    if file.exists() and file.read_text() == text:
        return
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
        os.fchmod(out.fileno(), mode)
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
