"""The shop as it is run: processes on real stores, and the real gateway before them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from dev.building import Building
from dev.grounds import Grounds
from dev.home import Home
from dev.ports import free_ports
from dev.processes import Process, all_ready


@asynccontextmanager
async def opened(grounds: Grounds, folder: Path) -> AsyncGenerator[Building]:
    """One of everybody, ready, on fresh corners of these stores; gone afterwards."""
    home = Home(folder)
    home.logs.mkdir()
    async with AsyncExitStack() as closing:
        await grounds.prepare()
        closing.push_async_callback(grounds.close)
        building = Building.draw(grounds, home, port=free_ports(1)[0], replicas=1, canaries=())
        street = building.street
        closing.push_async_callback(_end_all, building.around)
        closing.push_async_callback(street.close)
        closing.push_async_callback(building.gateway.leave)

        for process in building.around:
            process.start()
        await street.migrate()
        await asyncio.gather(street.put_at_counter(building.world.staff), street.fill_shelves())
        building.gateway.render()
        building.gateway.process.start()
        await street.open()
        await asyncio.gather(building.gateway.ready(), all_ready(building.around))
        yield building


async def _end_all(processes: Sequence[Process]) -> None:
    await asyncio.gather(*(each.end() for each in processes))
