"""`python -m simulators psp|mail|phone|spans|door`: the outside world as processes.

A secret comes by its option, by its variable, or from the file that the variable with `_FILE` names.
"""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from simulators.door.process import Told, open_door
from simulators.mail import MailCatcher
from simulators.phone import PhoneCatcher
from simulators.psp import Psp
from simulators.spans import SpanCatcher


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    work = {"psp": _psp, "mail": _mail, "phone": _phone, "spans": _spans, "door": _door}[chosen.simulator]
    asyncio.run(work(chosen))


async def _psp(chosen: argparse.Namespace) -> None:
    psp = Psp(
        webhook_secret=chosen.webhook_secret,
        webhook_url=chosen.webhook_url,
        api_key=chosen.api_key,
        public_url=chosen.public_url or f"http://{chosen.host}:{chosen.port}",
        hang_seconds=chosen.hang_seconds,
        journal=chosen.journal,
    )
    await psp.start()
    try:
        await _serve(psp.app, chosen.host, chosen.port)
    finally:
        await psp.stop()


async def _mail(chosen: argparse.Namespace) -> None:
    catcher = MailCatcher(journal=chosen.journal)
    await catcher.start_smtp(chosen.host, chosen.smtp_port)
    try:
        await _serve(catcher.app, chosen.host, chosen.http_port)
    finally:
        await catcher.stop()


async def _phone(chosen: argparse.Namespace) -> None:
    catcher = PhoneCatcher(account=chosen.account, token=chosen.token, journal=chosen.journal)
    await _serve(catcher.app, chosen.host, chosen.port)


async def _spans(chosen: argparse.Namespace) -> None:
    await _serve(SpanCatcher().app, chosen.host, chosen.port)


async def _door(chosen: argparse.Namespace) -> None:
    told = Told.read(chosen.told)
    async with open_door(told) as door:
        await _serve(door, told.host, told.port)


async def _serve(app: FastAPI, host: str, port: int) -> None:
    config = uvicorn.Config(
        app, host=host, port=port, lifespan="off", ws="none", access_log=False, timeout_graceful_shutdown=1
    )
    await uvicorn.Server(config).serve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulators", description="The outside world, for development.")
    simulators = parser.add_subparsers(dest="simulator", required=True)

    psp = simulators.add_parser("psp", help="a payment provider that speaks the Stripe API")
    psp.add_argument("--host", default="127.0.0.1")
    psp.add_argument("--port", type=int, required=True)
    for option in ("webhook-url", "webhook-secret", "api-key", "public-url"):
        variable = "PSP_" + option.upper().replace("-", "_")
        default = _told(variable)
        missing = default is None and option == "webhook-secret"
        psp.add_argument(f"--{option}", default=default, required=missing, help=f"or {variable} in the environment")
    psp.add_argument("--hang-seconds", type=float, default=30.0, help="how long a call that times out hangs")

    mail = simulators.add_parser("mail", help="a mail server that keeps what it is given")
    mail.add_argument("--host", default="127.0.0.1")
    mail.add_argument("--smtp-port", type=int, required=True)
    mail.add_argument("--http-port", type=int, required=True)

    phone = simulators.add_parser("phone", help="a provider of text messages that speaks the Twilio API")
    phone.add_argument("--host", default="127.0.0.1")
    phone.add_argument("--port", type=int, required=True)
    for option in ("account", "token"):
        variable = f"PHONE_{option.upper()}"
        default = _told(variable)
        phone.add_argument(f"--{option}", default=default, help=f"who may send; or {variable} in the environment")

    for each in (psp, mail, phone):
        each.add_argument("--journal", type=Path, help="a file that keeps what it has over a restart")

    spans = simulators.add_parser("spans", help="a collector of traces that keeps what it is sent (OTLP over HTTP)")
    spans.add_argument("--host", default="127.0.0.1")
    spans.add_argument("--port", type=int, required=True)

    door = simulators.add_parser("door", help="the development door: what only development may ask and do")
    door.add_argument("--told", type=Path, required=True, help="a JSON file: who is where, and the staff's sign-in")
    return parser


def _told(variable: str) -> str | None:
    file = os.environ.get(f"{variable}_FILE")
    return (Path(file).read_text().strip() if file else os.environ.get(variable)) or None


if __name__ == "__main__":
    main()
