"""Operations on user: make the store ready, make and rotate keys, make the first admin."""

import argparse
import asyncio
import json
import os
import sys
from datetime import datetime
from getpass import getpass
from pathlib import Path

from chassis.console import ended, patiently, takes_patience
from chassis.settings import load
from chassis.world import World

from user_service.adapters.access_tokens import key_id, new_signing_key, public_half
from user_service.adapters.key_file import alone, read_ring, write_ring
from user_service.domain.email import InvalidEmail, normalise_email
from user_service.domain.passwords import PasswordRefused
from user_service.domain.signing_keys import KeyRefused, KeyRing, KeyState, TooEarly
from user_service.settings import UserSettings
from user_service.use_cases.bootstrap_admin import AdminExists, EmailTaken
from user_service.wiring import MIGRATIONS, open_service

REFUSED, ADMIN_EXISTS, TOO_EARLY = 1, 3, 4


def migrate(patience: float) -> int:
    """Bring the tables to this version; safe to repeat."""
    from chassis.migrations import migrate as upgrade

    settings = load(UserSettings)
    url = settings.database_owner_url or settings.database_url
    return patiently(lambda: upgrade(url, MIGRATIONS), seconds=patience, world=World())


def new_key(file: Path | None) -> int:
    """Make a fresh signing key as PEM: on standard output, or in a new file that only its owner may read."""
    pem = new_signing_key()
    if file is None:
        print(pem, end="")
        return 0
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as out:
            out.write(pem)
    except FileExistsError:
        print(f"{file} is there already; a key is not overwritten.", file=sys.stderr)
        return REFUSED
    return 0


def rotate_keys(step: str | None, *, dry_run: bool, as_json: bool) -> int:
    """Publish a next key, promote it to sign, or forget the retired one; without a step: say how things stand."""
    file = load(UserSettings).signing_keys_file
    if file is None:
        print("USER_SIGNING_KEYS_FILE is not set: there is nothing to rotate.", file=sys.stderr)
        return REFUSED
    try:
        with alone(file):
            ring = step_on(read_ring(file), step, now=World().clock.now())
            if step is not None and not dry_run:
                write_ring(file, ring)
    except KeyRefused as refusal:
        print(refusal, file=sys.stderr)
        return TOO_EARLY if isinstance(refusal, TooEarly) else REFUSED
    print(_told(ring, as_json=as_json, changed=step is not None and not dry_run))
    return 0


def first(email: str, name: str, password_file: Path) -> int:
    """What a shop without anybody needs: a key that signs, and an admin. What is there already stays."""
    file = load(UserSettings).signing_keys_file
    if file is not None and not read_ring(file).keys:
        rotate_keys("publish", dry_run=False, as_json=False)
    status = bootstrap_admin(email, name, password_file.read_text().strip())
    return 0 if status == ADMIN_EXISTS else status


def step_on(ring: KeyRing, step: str | None, *, now: datetime) -> KeyRing:
    """The ring after this step. Raises KeyRefused."""
    match step:
        case "publish":
            pem = new_signing_key()
            return ring.publish(key_id(pem), pem, at=now)
        case "promote":
            [signing] = ring.of(KeyState.SIGNING) or [None]
            if signing is None:
                raise KeyRefused("There is no key yet. Publish one first.")
            return ring.promote(public_half(signing.pem), at=now)
        case "retire":
            return ring.retire(at=now)
        case _:
            return ring


def _told(ring: KeyRing, *, as_json: bool, changed: bool) -> str:
    keys = [{"kid": each.kid, "state": each.state.value, "since": each.since.isoformat()} for each in ring.keys]
    if as_json:
        return json.dumps({"changed": changed, "keys": keys})
    return "\n".join(f"{each['state']:8} {each['kid']} since {each['since']}" for each in keys) or "no keys"


async def redrive(settings: UserSettings, limit: int) -> int:
    """Move dead letters back into the work queue, and say how many."""
    from chassis.rabbit_broker import RabbitBroker

    moved = await RabbitBroker(settings.broker_url, world=World()).redrive("user", limit=limit)
    print(f"{moved} messages moved")
    return 0


def ask_password() -> str:
    """From the terminal, or from standard input."""
    return getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def bootstrap_admin(email: str, name: str, password: str) -> int:
    """Make the first admin; the password comes from the terminal or from standard input."""
    try:
        asyncio.run(_bootstrap(load(UserSettings), email=normalise_email(email), name=name, password=password))
    except AdminExists as refusal:
        print(refusal, file=sys.stderr)
        return ADMIN_EXISTS
    except (InvalidEmail, PasswordRefused, EmailTaken) as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    return 0


async def _bootstrap(settings: UserSettings, *, email: str, name: str, password: str) -> None:
    async with open_service(settings, World()) as service:
        admin = await service.bootstrap_admin(email=email, name=name, password=password)
    print(f"{admin.email} is an admin now")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="user", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    takes_patience(verbs.add_parser("migrate", help=migrate.__doc__))
    verbs.add_parser("new-key", help=new_key.__doc__).add_argument("--file", type=Path)
    bootstrap = verbs.add_parser("bootstrap-admin", help=bootstrap_admin.__doc__)
    beginning = verbs.add_parser("first", help=first.__doc__)
    beginning.add_argument("--password-file", type=Path, required=True)
    for each in (bootstrap, beginning):
        each.add_argument("--email", required=True)
        each.add_argument("--name", required=True)
    rotate = verbs.add_parser("rotate-keys", help=rotate_keys.__doc__)
    steps = rotate.add_mutually_exclusive_group()
    for step in ("publish", "promote", "retire"):
        steps.add_argument(f"--{step}", dest="step", action="store_const", const=step)
    rotate.add_argument("--dry-run", action="store_true", help="say what would be, and change nothing")
    rotate.add_argument("--json", action="store_true")
    verbs.add_parser("redrive", help=redrive.__doc__).add_argument("--limit", type=int, default=1000)
    asked = parser.parse_args(arguments)
    match asked.verb:
        case "migrate":
            return migrate(asked.patience)
        case "new-key":
            return new_key(asked.file)
        case "redrive":
            return asyncio.run(redrive(load(UserSettings), asked.limit))
        case "rotate-keys":
            return rotate_keys(asked.step, dry_run=asked.dry_run, as_json=asked.json)
        case "first":
            return first(asked.email, asked.name, asked.password_file)
        case _:
            return bootstrap_admin(asked.email, asked.name, ask_password())


if __name__ == "__main__":
    sys.exit(ended(main))
