"""What is really counted, by us and by a real gateway: queries may be about nothing else."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from demo.documents.metrics import all_metrics
from gateway.place import Address
from prometheus_client import generate_latest

from tests.gateway.street import PATIENCE, free_port, street
from tests.gateway.tokens import jwks, new_key
from tests.monitoring.rules import tools

PROMETHEUS_OWN = {"up", "ALERTS"}
OF_EVERY_API = {f"http_request_duration_seconds_{each}" for each in ("bucket", "count", "sum")}
HISTOGRAM = "envoy_vhost_route_upstream_rq_time_bucket"
SEEN = ("/api/v1/products", "/api/v1/carts/x", "/api/v1/orders", "/api/v1/sessions", "/api/docs", "/nowhere")


@pytest.fixture(scope="session", autouse=True)
def _tools() -> Path:
    """Fetched before anything that has a time limit."""
    return tools()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def counted(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of all metrics of ours, and of Envoy's after it has served a little of everything."""
    at = Address("127.0.0.1", free_port())
    async with street(tmp_path_factory.mktemp("gateway"), metrics=at, keys=jwks(new_key())) as shop:
        for path in SEEN:
            await shop.client.get(path)
        envoy = await page(shop.client, f"http://{at}/metrics")
    ours = [generate_latest(each.registry).decode() for each in all_metrics().values()]
    return frozenset({*names([envoy, *ours]), *OF_EVERY_API, *PROMETHEUS_OWN})


async def page(client: httpx2.AsyncClient, url: str) -> str:
    """Envoy counts at once, and fills its histograms every five seconds."""
    async with asyncio.timeout(PATIENCE):
        while HISTOGRAM not in (found := (await client.get(url)).raise_for_status().text):
            await asyncio.sleep(0.2)
    return found


def names(pages: Iterable[str]) -> set[str]:
    """Of the samples; a metric with labels that nobody has used yet has only its family's."""
    found: set[str] = set()
    for page in pages:
        found |= set(re.findall(r"^([a-zA-Z_:][\w:]*)[{ ]", page, re.MULTILINE))
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", page, re.MULTILINE):
            found |= {f"{name}_{each}" for each in ("bucket", "count", "sum")} if kind == "histogram" else {name}
    return found
