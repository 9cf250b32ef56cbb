"""The whole street in one process, with a signing key that the tests have too."""

from collections.abc import AsyncIterator

import pytest
from chassis.world import World
from demo.opening import make_gateway
from demo.street import in_process
from user_service.adapters.access_tokens import new_signing_key
from user_service.wiring import settings_for_one_run

from demo import street as building
from tests.security.cast import Cast, gather


@pytest.fixture
async def cast(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cast]:
    key = new_signing_key()
    monkeypatch.setattr(
        building,
        "settings_for_one_run",
        lambda world, **others: settings_for_one_run(world, signing_key=key, **others),
    )
    street = building.build_street(World())
    async with street.at_work(), in_process(make_gateway(street)) as shop:
        yield await gather(street, shop, key)
