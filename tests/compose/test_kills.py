"""Each container loses its main process while people buy: the engine starts it again, and nobody loses anything."""

import asyncio

from tests.compose.stack import Stack
from tests.dev.conftest import Day
from tests.dev.people import Patient, buying

CHECKOUTS = 200
IN_HAND = 4
"""So many mails a worker of notification sends at once."""
IN_DOUBT = ("mail", "mongo", "notification-worker")
"""When one of these goes, nobody knows which of the mails in hand have been taken: they are sent again."""


async def test_each_container_is_killed_while_people_buy(stack: Stack, day: Day) -> None:
    services = sorted({each.service for each in stack.staying})
    async with buying(day, Patient, count=4) as people:
        for service in services:
            await people.each_buys(1)
            await asyncio.to_thread(stack.kill_and_see_it_back, service)
        while len(people.orders) < CHECKOUTS:
            await people.each_buys(1)
    print(f"{len(people.orders)} checkouts, {len(services)} kills: {', '.join(services)}")
    await asyncio.to_thread(day.ends_well, resends=IN_HAND * len(IN_DOUBT))
