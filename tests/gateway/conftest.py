"""One gateway for all tests that do not need one of their own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from gateway.table import Row

from .street import Street, street, table_with
from .tokens import jwks, new_key

ORIGIN = "https://shop.example"
STREAM = Row("/api/v1/stream", "notification", "stream", auth="required", timeout=0, body=1024, retry=False)


@pytest.fixture(scope="session")
def signing_key() -> EllipticCurvePrivateKey:
    return new_key()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def the_street(
    tmp_path_factory: pytest.TempPathFactory, signing_key: EllipticCurvePrivateKey
) -> AsyncIterator[Street]:
    folder = tmp_path_factory.mktemp("gateway")
    async with street(folder, table=table_with(STREAM), keys=jwks(signing_key), origins=(ORIGIN,)) as one:
        yield one


@pytest.fixture
def shop(the_street: Street) -> Street:
    """Everybody well, nothing asked yet."""
    for each in the_street.standins.values():
        each.reset()
    return the_street


@pytest.fixture
def tmp_street(tmp_path_factory: pytest.TempPathFactory, signing_key: EllipticCurvePrivateKey) -> Any:
    """A gateway for one test: `async with tmp_street(limits=1) as shop`."""

    def build(**given: Any) -> Any:
        return street(tmp_path_factory.mktemp("street"), keys=jwks(signing_key), **given)

    return build
