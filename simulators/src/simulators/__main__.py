"""`python -m simulators psp|mail|phone|spans`: the outside world as processes."""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from simulators.mail import MailCatcher
from simulators.phone import PhoneCatcher
from simulators.psp import Psp
from simulators.spans import SpanCatcher


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    work = {"psp": _psp, "mail": _mail, "phone": _phone, "spans": _spans}[chosen.simulator]
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
    catcher = MailCatcher()
    await catcher.start_smtp(chosen.host, chosen.smtp_port)
    try:
        await _serve(catcher.app, chosen.host, chosen.http_port)
    finally:
        await catcher.stop()


async def _phone(chosen: argparse.Namespace) -> None:
    catcher = PhoneCatcher(account=chosen.account, token=chosen.token)
    await _serve(catcher.app, chosen.host, chosen.port)


async def _spans(chosen: argparse.Namespace) -> None:
    await _serve(SpanCatcher().app, chosen.host, chosen.port)


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
        default = os.environ.get(variable) or None
        missing = default is None and option == "webhook-secret"
        psp.add_argument(f"--{option}", default=default, required=missing, help=f"or {variable} in the environment")
    psp.add_argument("--hang-seconds", type=float, default=30.0, help="how long a call that times out hangs")
    psp.add_argument("--journal", type=Path, help="a file that keeps the books over a restart")

    mail = simulators.add_parser("mail", help="a mail server that keeps what it is given")
    mail.add_argument("--host", default="127.0.0.1")
    mail.add_argument("--smtp-port", type=int, required=True)
    mail.add_argument("--http-port", type=int, required=True)

    phone = simulators.add_parser("phone", help="a provider of text messages that speaks the Twilio API")
    phone.add_argument("--host", default="127.0.0.1")
    phone.add_argument("--port", type=int, required=True)
    for option in ("account", "token"):
        variable = f"PHONE_{option.upper()}"
        default = os.environ.get(variable) or None
        phone.add_argument(f"--{option}", default=default, help=f"who may send; or {variable} in the environment")

    spans = simulators.add_parser("spans", help="a collector of traces that keeps what it is sent (OTLP over HTTP)")
    spans.add_argument("--host", default="127.0.0.1")
    spans.add_argument("--port", type=int, required=True)
    return parser


if __name__ == "__main__":
    main()
