"""The broker's topology: said, or made on a running broker."""

import asyncio
import json
import sys
from typing import Any

import httpx2
from chassis.console import Ended
from chassis.topology import apply
from contracts.rabbitmq import definitions


def show(vhost: str) -> int:
    """The definitions as JSON, as `deploy/rabbitmq/definitions.json` has them."""
    sys.stdout.write(json.dumps(definitions(vhost=vhost), indent=1) + "\n")
    return Ended.DONE


def make(management_url: str, vhost: str, *, rehearse: bool, as_json: bool) -> int:
    """Make what is missing; safe to repeat."""
    wanted = definitions(vhost=vhost)
    counted = {kind: len(wanted[kind]) for kind in ("policies", "exchanges", "queues", "bindings")}
    ended = Ended.DONE if rehearse else _make(management_url, wanted, vhost)
    told: dict[str, Any] = {"verb": "topology", "ended": ended.name.lower(), "dry_run": rehearse, "wanted": counted}
    sys.stdout.write(json.dumps(told) + "\n" if as_json else f"topology: {ended.name.lower()}, {counted}\n")
    return ended


def _make(management_url: str, wanted: dict[str, Any], vhost: str) -> Ended:
    try:
        asyncio.run(apply(management_url, wanted, vhost=vhost))
    except httpx2.HTTPStatusError as refused:
        sys.stderr.write(f"the broker refused: {refused.response.status_code} {refused.request.url.path}\n")
        return Ended.REFUSED
    except httpx2.HTTPError as lost:
        sys.stderr.write(f"unavailable: {type(lost).__name__}\n")
        return Ended.NOT_NOW
    return Ended.DONE
