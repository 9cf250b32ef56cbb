"""A new version comes while people buy, and goes again: nobody who reads and nobody who pays is turned away."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.stack import Stack
from tests.dev.conftest import Day
from tests.dev.people import Impatient, buying
from tests.dev.rung import CHECKOUT
from tests.dev.test_pairs import asking

SERVICES = ("user", "product", "order", "payment", "notification")
TABLES = {"user": "users", "product": "stock", "payment": "payment"}
EXPAND = """
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("ALTER TABLE {table} ADD COLUMN of_the_next_version text")
"""
UPGRADE_SECONDS = 900
IN_HAND = 4


@pytest.fixture(scope="module")
def next_version(stack: Stack) -> Iterator[str]:
    """The tag of images that differ from the running ones: a label, and a column more where there are tables."""
    now = stack.one("user").facts["Config"]["Image"].rpartition(":")[2]
    tag = f"{now}-next"
    for service in SERVICES:
        with tempfile.TemporaryDirectory() as folder:
            recipe = [f"FROM mercato/{service}:{now}", "LABEL org.opencontainers.image.version=next"]
            if service in TABLES:
                versions = (CHECKOUT / f"services/{service}/migrations/versions").glob("*.py")
                before = max(each.name[:4] for each in versions)
                Path(folder, "9999_next.py").write_text(EXPAND.format(before=before, table=TABLES[service]))
                recipe.append("COPY --chmod=644 9999_next.py /app/service/migrations/versions/")
            Path(folder, "Dockerfile").write_text("\n".join(recipe))
            stack.docker("build", "--quiet", "--tag", f"mercato/{service}:{tag}", folder, seconds=120)
    stack.docker("tag", f"mercato/shopctl:{now}", f"mercato/shopctl:{tag}")
    yield tag
    stack.docker("image", "rm", "--force", *(f"mercato/{each}:{tag}" for each in (*SERVICES, "shopctl")))


async def test_two_versions_stand_side_by_side_and_nobody_notices(stack: Stack, day: Day, next_version: str) -> None:
    now = next_version.removesuffix("-next")
    twice = [f"--scale={each}=2" for each in SERVICES]
    await asyncio.to_thread(stack.shop, "up", "--detach", "--no-build", "--no-recreate", "--wait", *twice, *SERVICES)
    customer = await asyncio.to_thread(day.shop.customer)

    async with buying(day, Impatient, count=3) as people:
        for tag in (next_version, now):  # there, and back again: the code of before on the schema of after
            async with asking(stack, customer.access, "/api/v1/products?q=mug{number}", at_once=2) as answers:
                told = await asyncio.to_thread(stack.upgrade, tag, UPGRADE_SECONDS)
                await people.each_buys(1)
            print(told, f"{tag}: {answers}, {len(people.orders)} orders")
            assert answers.keys() == {200}
            assert images(stack) == {tag}

    await asyncio.to_thread(day.ends_well, resends=IN_HAND)
    assert columns(stack) == dict.fromkeys(TABLES, True)


def images(stack: Stack) -> set[str]:
    """Tags of what runs of the services."""
    running = [each for each in stack.staying if each.service.removesuffix("-worker") in SERVICES]
    assert len(running) == 3 * len(SERVICES)
    return {each.facts["Config"]["Image"].rpartition(":")[2] for each in running}


def columns(stack: Stack) -> dict[str, bool]:
    """In which service's tables the next version's column is."""
    asked = "SELECT count(*) > 0 FROM information_schema.columns WHERE column_name = 'of_the_next_version'"
    server = stack.one("postgres").id
    ask = ("exec", server, "psql", "--host=/var/run/postgresql", "--username=postgres", "-qtA")
    return {each: stack.docker(*ask, f"--dbname={each}", "--command", asked).strip() == "t" for each in TABLES}
