"""One stack of containers for all tests that only look; those that break things put them right again."""

from collections.abc import Iterator

import httpx2
import pytest
from testkit.verify.journal import Journal

from tests.compose.stack import Stack, open_stack
from tests.dev.conftest import Day
from tests.journeys.shop import Shop


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = open_stack("test")
    yield stack
    stack.close()


@pytest.fixture
def day(stack: Stack) -> Iterator[Day]:
    with httpx2.Client(base_url=stack.url, timeout=20) as client:
        yield Day(stack, Shop(client, Journal()))
