"""One gateway for all tests that do not need one of their own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from .street import Street, street
from .tokens import jwks, new_key

ORIGIN = "https://shop.example"


@pytest.fixture(scope="session")
def signing_key() -> EllipticCurvePrivateKey:
    return new_key()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def the_street(
    tmp_path_factory: pytest.TempPathFactory, signing_key: EllipticCurvePrivateKey
) -> AsyncIterator[Street]:
    folder = tmp_path_factory.mktemp("gateway")
    async with street(folder, keys=jwks(signing_key), origins=(ORIGIN,)) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def shop(the_street: Street) -> Street:
    """Everybody well, nothing asked yet."""
    for each in the_street.standins.values():
        each.reset()
    await the_street.ready()
    return the_street


@pytest.fixture
def tmp_street(tmp_path_factory: pytest.TempPathFactory, signing_key: EllipticCurvePrivateKey) -> Any:
    """A gateway for one test: `async with tmp_street(limits=1) as shop`."""

    def build(**given: Any) -> Any:
        return street(tmp_path_factory.mktemp("street"), keys=jwks(signing_key), **given)

    return build
