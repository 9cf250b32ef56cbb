"""What the broker of a run keeps, and what it loses."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from chassis.broker import Verdict
from chassis.faults import BrokerDown
from chassis.messages import Outgoing, seal
from contracts.product import CommitStock

from tests.simulation.broker import BrokerOf
from tests.simulation.loop import VirtualLoop
from tests.simulation.processes import Life, Process
from tests.simulation.street import Street, build
from tests.simulation.weather import Odds


def in_virtual_time(play: Callable[[Street], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await play(build(1, steps=1))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def letter(street: Street) -> Outgoing:
    ids = street.ground.ids
    return seal(CommitStock(order_id=ids.uuid7()), world=street.ground.world())


def listener(street: Street, heard: list[str], *, seconds: float = 0.0) -> Process:
    """A process that hears what is for product, and needs so long for each."""

    async def hear(_body: bytes) -> Verdict:
        await asyncio.sleep(seconds)
        heard.append("heard")
        return Verdict.DONE

    async def main(life: Life) -> None:
        async with BrokerOf(street.ground.broker, life.process).consume(
            "product", hear, store_answers=street.order.store.answers
        ):
            await asyncio.Event().wait()

    return Process("product-worker", "product", main)


async def publish(street: Street, *letters: Outgoing) -> int:
    """How many of them were confirmed."""
    async with BrokerOf(street.ground.broker, Process("order-worker", "order", lambda _life: nothing())).line(
        "order"
    ) as line:
        return len(await line.publish(letters))


async def nothing() -> None:
    return


def test_what_was_confirmed_waits_for_a_listener() -> None:
    async def play(street: Street) -> None:
        heard: list[str] = []
        assert await publish(street, letter(street)) == 1
        await asyncio.sleep(60)

        listener(street, heard).start()
        await asyncio.sleep(1)

        assert heard == ["heard"]

    in_virtual_time(play)


def test_what_a_killed_process_was_handling_is_delivered_again() -> None:
    async def play(street: Street) -> None:
        heard: list[str] = []
        process = listener(street, heard, seconds=5)
        process.start()
        await publish(street, letter(street))
        await asyncio.sleep(1)
        process.kill()
        await asyncio.sleep(60)
        assert heard == []

        process.start()
        await asyncio.sleep(10)

        assert heard == ["heard"]

    in_virtual_time(play)


def test_a_broker_that_loses_its_disk_forgets_messages_and_by_what_it_is_known() -> None:
    async def play(street: Street) -> None:
        heard: list[str] = []
        broker = street.ground.broker
        broker.epochs["order"] = street.ground.ids.uuid7()
        await publish(street, letter(street))
        broker.lose_everything()

        listener(street, heard).start()
        await asyncio.sleep(60)

        assert heard == []
        assert broker.epochs == {}
        assert broker.at_rest

    in_virtual_time(play)


@pytest.mark.parametrize(
    ("odds", "taken"),
    [(Odds(lost_confirm=1), {3}), (Odds(torn_publish=1), {0, 1, 2})],
    ids=["lost confirm", "torn publish"],
)
def test_whoever_hears_no_confirm_does_not_know_what_was_taken(odds: Odds, taken: set[int]) -> None:
    async def play(street: Street) -> None:
        heard: list[str] = []
        street.ground.weather.odds = odds
        with pytest.raises(BrokerDown):
            await publish(street, *(letter(street) for _ in range(3)))
        street.ground.weather.clears_up()

        listener(street, heard).start()
        await asyncio.sleep(1)

        assert len(heard) in taken

    in_virtual_time(play)


def test_an_acknowledgement_that_is_lost_brings_the_message_again() -> None:
    async def play(street: Street) -> None:
        heard: list[str] = []
        street.ground.weather.odds = Odds(lost_ack=0.5)
        listener(street, heard).start()
        await publish(street, *(letter(street) for _ in range(20)))
        await asyncio.sleep(60)

        assert len(heard) > 20
        assert street.ground.broker.at_rest

    in_virtual_time(play)
