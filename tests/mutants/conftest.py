"""The stores of this run, lent to the runs inside of it: what is expensive is started once."""

from collections.abc import Mapping
from typing import Any

import pytest


@pytest.fixture(scope="session")
def stores(postgres_server: Any, mongo_server: Any, redis_server: Any, rabbit_server: Any) -> Mapping[str, str]:
    """What a run inside must have in its environment to use them."""
    return {
        "MERCATO_TEST_POSTGRES_URL": postgres_server.url,
        "MERCATO_TEST_MONGO_URL": mongo_server.url,
        "MERCATO_TEST_REDIS_URL": redis_server.url,
        "MERCATO_TEST_RABBIT_URL": rabbit_server.url,
        "MERCATO_TEST_RABBIT_MANAGEMENT_URL": rabbit_server.management_url,
    }
