"""Operations on user: make the store ready, make keys, make the first admin."""

import argparse
import asyncio
import os
import sys
from getpass import getpass
from pathlib import Path

from chassis.settings import load
from chassis.world import World

from user_service.adapters.access_tokens import new_signing_key
from user_service.domain.email import InvalidEmail, normalise_email
from user_service.domain.passwords import PasswordRefused
from user_service.settings import UserSettings
from user_service.use_cases.bootstrap_admin import AdminExists, EmailTaken
from user_service.wiring import MIGRATIONS, open_service

REFUSED, ADMIN_EXISTS = 1, 3


def migrate() -> int:
    """Bring the tables to this version; safe to repeat."""
    from chassis.migrations import migrate as upgrade

    settings = load(UserSettings)
    asyncio.run(upgrade(settings.database_owner_url or settings.database_url, MIGRATIONS))
    return 0


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


def bootstrap_admin(email: str, name: str) -> int:
    """Make the first admin; the password comes from the terminal or from standard input."""
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
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
    verbs.add_parser("migrate", help=migrate.__doc__)
    verbs.add_parser("new-key", help=new_key.__doc__).add_argument("--file", type=Path)
    bootstrap = verbs.add_parser("bootstrap-admin", help=bootstrap_admin.__doc__)
    bootstrap.add_argument("--email", required=True)
    bootstrap.add_argument("--name", required=True)
    asked = parser.parse_args(arguments)
    match asked.verb:
        case "migrate":
            return migrate()
        case "new-key":
            return new_key(asked.file)
        case _:
            return bootstrap_admin(asked.email, asked.name)


if __name__ == "__main__":
    sys.exit(main())
