"""One seed: a shop, people, a nemesis; then everything heals, comes to rest, and is checked."""

import asyncio
import gc
import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from random import Random

import structlog
from order_service.domain.states import State
from testkit.verify.invariants import check
from testkit.verify.journal import Journal
from testkit.verify.money import never_charged_without_goods
from testkit.verify.orders import no_order_is_stuck
from testkit.verify.stock import reserved_is_the_sum_of_holds
from testkit.verify.telling import every_message_has_its_effect

from tests.simulation.loop import VirtualLoop
from tests.simulation.nemesis import Nemesis
from tests.simulation.people import ASKS, DECLINED, GOOD, Clerk, Person, attempt
from tests.simulation.street import Street, build
from tests.simulation.trace import Trace

STEPS = 200
BUYERS = 3
LOOK_EVERY = 10.0
ROUNDS, ROUND_SECONDS = 20, 4.0
NIGHTS = (300, 2000, 2000, 8000, 45_000)


@dataclass(slots=True)
class Outcome:
    seed: int
    violations: list[str]
    trace: Trace
    ends: Counter[str]
    """How the orders ended."""
    steps: frozenset[tuple[str | None, str, str]]
    """Which steps they took: from where, why, to where."""
    names: dict[str, str]
    """Ids and numbers of orders, and ids of payments -> the order."""
    seconds: float
    """How long it took there."""

    @property
    def holds(self) -> bool:
        return not self.violations


def simulate(seed: int, *, steps: int = STEPS) -> Outcome:
    """The same seed gives the same outcome, line by line, in every process of the same commit."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # What a run leaves behind goes when it is over; on the way there is little, and looking for it costs a tenth.
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(_run(seed, steps))
    finally:
        gc.enable()
        gc.collect()


async def _run(seed: int, steps: int) -> Outcome:
    street = build(seed, steps=steps)
    run = Run(street, street.ground.chance.of("people"))
    try:
        violations = await run.to_the_end()
    finally:
        await street.close()
    facts = await street.facts()
    ends = Counter(each["state"] for each in facts["order"])
    names = {each[name]: each["id"] for each in facts["order"] for name in ("id", "number")}
    names |= {each["id"]: each["order_id"] for each in facts["payment"]}
    steps_taken = frozenset(
        (step["from"], step["trigger"], step["to"]) for each in facts["order"] for step in each["history"]
    )
    return Outcome(seed, violations, street.ground.trace, ends, steps_taken, names, street.ground.time.loop_time())


@dataclass(slots=True)
class Run:
    street: Street
    random: Random
    journal: Journal = field(default_factory=Journal)
    seen: list[str] = field(default_factory=list)
    """What was wrong while it went on."""

    async def to_the_end(self) -> list[str]:
        self.street.open()
        buyers = [await self._newcomer(number) for number in range(BUYERS)]
        await self._play(buyers)
        await self._come_to_rest(buyers)
        found = check(await self.street.facts(), self.journal, resends=self.street.ground.mail.resends)
        at_rest = [f"{name}: {each}" for name, each_ in found.items() for each in each_]
        return list(dict.fromkeys([*self.street.ground.bugs, *self.seen, *at_rest]))

    async def _newcomer(self, number: int) -> Person:
        """A customer with a proven address, before anything goes wrong."""
        street = self.street
        person = Person(street, street.ground.chance.of(f"buyer {number}"), f"buyer-{number + 1}", self.journal)
        await person.join()
        while not await person.prove():
            await asyncio.sleep(0.5)
        person.user_id = await street.user.id_of(person.email)
        for card in dict.fromkeys((GOOD, self.random.choice((GOOD, DECLINED, ASKS)))):
            await person.save_card(card)
        return person

    async def _play(self, buyers: list[Person]) -> None:
        chance = self.street.ground.chance
        pace = self.random.choice((0.3, 1.0, 3.0))
        clerk = Clerk(Person(self.street, chance.of("clerk"), "clerk", self.journal), buyers)
        nemesis = Nemesis(self.street, chance.of("nemesis"))
        nemesis.change_the_weather()
        looking = asyncio.create_task(self._look_now_and_then())
        await asyncio.gather(
            *(each.live(pace) for each in buyers),
            clerk.live(1.5 * pace),
            nemesis.live(4 * pace),
        )
        looking.cancel()
        nemesis.give_up()

    async def _look_now_and_then(self) -> None:
        """What must be true at every moment is looked at while things go wrong."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            facts = await self.street.facts()
            for name, invariant in (("I2", reserved_is_the_sum_of_holds), ("I4a", never_charged_without_goods)):
                self.seen += [f"{name} (on the way): {each}" for each in invariant(facts)]

    async def _come_to_rest(self, buyers: list[Person]) -> None:
        """Most customers do what is waited for; in some runs they never come back, and time decides."""
        forgetful = self.random.random() < 0.1
        for _ in range(ROUNDS):
            await asyncio.sleep(ROUND_SECONDS)
            if not forgetful:
                for buyer in buyers:
                    await self._finish(buyer)
            if await self._is_at_rest():
                return
        self.seen += no_order_is_stuck(await self.street.facts())
        # What is left waits for a time that is far off. Nobody needs to be there meanwhile.
        for seconds in NIGHTS:
            await self._sleep_through(seconds)
            for _ in range(ROUNDS):
                await asyncio.sleep(ROUND_SECONDS)
                if await self._is_at_rest():
                    return
        self.seen.append("I7: the shop does not come to rest")

    async def _is_at_rest(self) -> bool:
        if not self.street.ground.broker.at_rest or await self.street.payment.unsettled():
            return False
        facts = await self.street.facts()
        return facts.quiet and not any(every_message_has_its_effect(facts))

    async def _sleep_through(self, seconds: float) -> None:
        """Everything is switched off, and on again."""
        processes = self.street.ground.processes.values()
        self.street.ground.trace.fault("everything", f"off for {seconds:.0f} s")
        for process in processes:
            process.kill()
        await asyncio.sleep(seconds)
        for process in processes:
            process.start()

    async def _finish(self, buyer: Person) -> None:
        for order_id in buyer.orders:
            order = await self.street.order.orders.any(order_id)
            if order is not None and order.state is State.AWAITING_CUSTOMER:
                if self.random.random() < 0.7:
                    await attempt(partial(buyer.pay, order_id, GOOD))
                else:
                    await attempt(partial(buyer.cancel, order_id))
