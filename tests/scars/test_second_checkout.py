"""The shop's own fault while the provider calls: it is called again, and no customer has to buy twice."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
from testkit.evidence import Evidence

from tests.scars.buyers import Buyer
from tests.scars.houses import Houses
from tests.scars.size import PATIENCE_SECONDS, TIMES


async def test_a_webhook_that_we_failed_on_is_refused_and_comes_again(
    houses: Houses, payment_database: Any, evidence: Evidence
) -> None:
    """+, ps_checkout#1546: the handler's TypeError was swallowed, and the provider believed that it had been heard."""
    evidence("S+", trials=1, unit="checkouts")
    owner = await asyncpg.connect(payment_database.owner_url.replace("+asyncpg", ""))
    await houses.put_on_shelf("ONE", 1)
    buyer = await Buyer.of(houses)
    await owner.execute(f"REVOKE INSERT ON psp_event FROM {payment_database.app_role}")

    await buyer.order(await buyer.choose("ONE"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not houses.provider.webhooks:
            await asyncio.sleep(0.01)
    assert set(houses.provider.webhooks) == {500}
    await owner.execute(f"GRANT INSERT ON psp_event TO {payment_database.app_role}")
    await houses.at_rest()

    happened = len(houses.provider.psp._store.events)
    assert houses.provider.webhooks.count(200) == happened == await owner.fetchval("SELECT count(*) FROM psp_event")
    await owner.close()


async def test_a_cart_is_bought_once_however_often_it_is_sent_under_new_keys(
    houses: Houses, evidence: Evidence
) -> None:
    """+, ps_checkout#1546: the customer tried again, and there was a second order."""
    evidence("S+", trials=max(1, TIMES // 10) * 11, unit="checkouts")
    await houses.put_on_shelf("PLENTY", 1000)
    ends: Counter[int] = Counter()
    for _ in range(max(1, TIMES // 10)):
        buyer = await Buyer.of(houses)
        choice = await buyer.choose("PLENTY")

        answers = await asyncio.gather(*(buyer.order(choice) for _ in range(10)))
        [accepted] = [each.json()["id"] for each in answers if each.status_code == 202]
        await houses.at_rest()
        answers.append(await buyer.order(choice))

        refusals = [each.json() for each in answers if each.status_code == 409]
        assert {(each["type"], each["order_id"]) for each in refusals} == {
            ("urn:mercato:problem:cart_already_ordered", accepted)
        }
        ends.update(each.status_code for each in answers)
    assert set(ends) == {202, 409}
