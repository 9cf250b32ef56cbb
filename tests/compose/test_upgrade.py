"""A new version comes while people buy, and goes again: nobody who reads and nobody who pays is turned away."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, override

import httpx2
import pytest

from tests.compose.stack import Stack
from tests.dev.conftest import Day, walk_the_journeys
from tests.dev.people import buying
from tests.dev.test_pairs import asking
from tests.faults.shop.crowd import Buyer, Promise, Wish
from tests.images.engine import copy_checkout

SERVICES = ("user", "product", "order", "payment", "notification")
STOREFRONT = "storefront"
TABLES = {"user": "users", "product": "stock", "payment": "payment"}
EXPAND = """
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("ALTER TABLE {table} ADD COLUMN of_the_next_version text")
    op.execute("CREATE INDEX of_the_next_version ON {table} (of_the_next_version)")
"""
"""The version after this one knows more, and adds only what the one before can live with."""
MORE = {
    "services/order/src/order_service/adapters/schema.py": """
ORDER["properties"]["of_the_next_version"] = TEXT
INDEXES["orders"].append({"name": "of_the_next_version", "keys": [("of_the_next_version", ASCENDING)], "sparse": True})
""",
    "services/notification/src/notification_service/adapters/document_shapes.py": """
DELIVERY["of_the_next_version"] = TEXT
OPTIONAL.add("of_the_next_version")
""",
    "libs/contracts/src/contracts/rabbitmq.py": """
RUNGS_MS["1h"] = 3_600_000
""",
}
NEW_QUEUES = {f"{each}.retry.1h" for each in SERVICES}
ASK_MONGO = """
import os, pymongo
url = open("/run/secrets/order_mongo_url").read().strip()
with pymongo.MongoClient(url) as client:
    print("of_the_next_version" in client.order.orders.index_information())
"""
READS_AT_ONCE = 2
READ_PAUSE_SECONDS = 0.1
TIMEOUT = 504
LATE = 0.005
"""The share of what people who buy have asked that may be answered too late, and well when it is asked again."""
IN_HAND = 4


class Steady(Buyer):
    """Is never refused and never cut off. Where the machine is too slow for the gateway's patience, which is no matter
    of versions, it asks again as every customer may, under the same key."""

    asked = 0
    late = 0

    @override
    async def buy(self, wish: Wish) -> Promise:
        await self.stay_signed_in()
        return await super().buy(wish)

    @override
    async def insist(self, method: str, path: str, **more: Any) -> httpx2.Response:
        while True:
            answer = await self.once(method, path, **more)
            self.asked += 1
            assert answer is not None, f"{method} {path} was not answered"
            if answer.status_code != TIMEOUT:
                assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
                return answer
            self.late += 1


@pytest.fixture(scope="module")
def next_version(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tag of images of a checkout that is one step ahead of this one."""
    checkout = tmp_path_factory.mktemp("next")
    copy_checkout(checkout)
    for service, table in TABLES.items():
        versions = checkout / f"services/{service}/migrations/versions"
        before = max(each.name[:4] for each in versions.glob("*.py"))
        (versions / "9999_next.py").write_text(EXPAND.format(before=before, table=table))
    for file, more in MORE.items():
        with (checkout / file).open("a") as source:
            source.write(more)
    tag = f"{version_of(stack)}-next"
    images = (*SERVICES, STOREFRONT, "shopctl")
    stack.build(checkout, tag, *images)
    yield tag
    stack.docker("image", "rm", "--force", *(f"mercato/{each}:{tag}" for each in images))


async def test_two_versions_stand_side_by_side_and_nobody_notices(
    stack: Stack, day: Day, next_version: str, tmp_path: Path
) -> None:
    now = version_of(stack)
    pairs = (*SERVICES, STOREFRONT)
    twice = [f"--scale={each}=2" for each in pairs]
    await asyncio.to_thread(stack.shop, "up", "--detach", "--no-build", "--no-recreate", "--wait", *twice, *pairs)
    customer = await asyncio.to_thread(day.shop.customer)
    assert not any(knows_more(stack).values())

    async with buying(day, Steady, count=3) as people:
        for tag in (next_version, now):  # there, and back again: the code of before on the schema of after
            reads = asking(
                stack,
                customer.access,
                "/api/v1/products?q=mug{number}",
                at_once=READS_AT_ONCE,
                pause=READ_PAUSE_SECONDS,
            )
            async with reads as answers:
                told = await stack.upgrade(tag)
                await people.each_buys(1)
            late, asked = (sum(getattr(each, name) for each in people.buyers) for name in ("late", "asked"))
            print(told, f"{tag}: reads {answers}, {len(people.orders)} orders, {late} of {asked} requests late", sep="")
            assert answers.keys() == {200}
            assert late <= LATE * asked
            assert images(stack) == {tag}
            assert all(knows_more(stack).values())

    await asyncio.to_thread(day.ends_well, resends=IN_HAND)
    await asyncio.to_thread(walk_the_journeys, stack, tmp_path)


def version_of(stack: Stack) -> str:
    return stack.one("gateway").facts["Config"]["Image"].rpartition(":")[2]


def images(stack: Stack) -> set[str]:
    """Tags of what runs of the services."""
    running = [each for each in stack.staying if each.service.removesuffix("-worker") in (*SERVICES, STOREFRONT)]
    assert len(running) == 3 * len(SERVICES) + 2
    return {each.facts["Config"]["Image"].rpartition(":")[2] for each in running}


def knows_more(stack: Stack) -> Mapping[str, bool]:
    """In which store there is what the next version adds."""
    asked = "SELECT count(*) > 0 FROM pg_indexes WHERE indexname = 'of_the_next_version'"
    server = stack.one("postgres").id
    ask = ("exec", server, "psql", "--host=/var/run/postgresql", "--username=postgres", "-qtA")
    tables = {each: stack.docker(*ask, f"--dbname={each}", "--command", asked).strip() == "t" for each in TABLES}
    order = next(each for each in stack.containers("order") if each.runs)
    listed = stack.docker("exec", stack.one("rabbitmq").id, "rabbitmqctl", "-q", "list_bindings", "--formatter=json")
    bound = {each["destination_name"] for each in json.loads(listed) if each["source_name"]}
    return {**tables, "order": stack.sh(order, ASK_MONGO).strip() == "True", "broker": bound >= NEW_QUEUES}
