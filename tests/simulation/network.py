"""Requests to API processes: they get lost, arrive twice, and their answers get lost."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.app import CHASSIS_REFUSALS
from chassis.faults import StoreUnavailable, Unreachable, WriteConflict
from notification_service.api import refusals as notification
from order_service.api import refusals as order
from order_service.domain.quote import Offer
from payment_service.api import refusals as payment
from product_service.api import refusals as product
from user_service.api import refusals as user

from tests.simulation.ground import Ground
from tests.simulation.processes import Life, Process

ROUTE_SECONDS = 5.0
NEAR_SECONDS = 0.02

type Ask = Callable[[Any], Coroutine[Any, Any, Any]]
"""What is asked of a service's use cases."""


class NoAnswer(Exception):
    """Whether it was done is unknown."""


REFUSALS = (user.REFUSALS, product.REFUSALS, order.REFUSALS, payment.REFUSALS, notification.REFUSALS, CHASSIS_REFUSALS)
SAID_NO = tuple(each for table in REFUSALS for each in table)
"""What a service tells as an answer of its own."""


@dataclass(frozen=True, slots=True)
class Network:
    ground: Ground

    async def ask(
        self, service: str, what: str, ask: Ask, *, who: str, order_id: str = "", peer: str = "clients"
    ) -> Any:
        """Have it done by one of the service's API processes. Raises NoAnswer, or how it was refused."""
        weather, trace = self.ground.weather, self.ground.trace
        process = self._choose(service)
        self.ground.steps.take()
        await self._travel()
        up = process.is_up and weather.reaches(process.name, peer)
        if not up or weather.strikes("lost_request"):
            trace.note(who, process.name, what, order_id=order_id, fault="request lost" if up else "nobody there")
            await asyncio.sleep(1.0)
            raise NoAnswer
        trace.note(who, process.name, what, order_id=order_id)
        if weather.strikes("double_request"):
            trace.note(who, process.name, what, order_id=order_id, fault="again, by the network")
            self._begin(process, ask)
        task = self._begin(process, ask)
        await asyncio.wait([task], timeout=ROUTE_SECONDS)
        await self._travel()
        lost = weather.strikes("lost_answer") or not weather.reaches(process.name, peer)
        if lost or not task.done() or task.cancelled():
            trace.note(process.name, who, what, order_id=order_id, fault="answer lost" if lost else "no answer")
            raise NoAnswer
        if (fault := task.exception()) is not None:
            trace.note(process.name, who, f"{what}: {type(fault).__name__}", order_id=order_id)
            if isinstance(fault, StoreUnavailable | Unreachable | WriteConflict):
                raise NoAnswer from fault
            if not isinstance(fault, SAID_NO):
                # A customer would get a 500. They take it for a no; the run must not.
                self.ground.bugs.append(f"{what} at {process.name} failed by a bug of its own: {fault!r}")
            raise fault
        trace.note(process.name, who, f"{what}: done", order_id=order_id)
        return task.result()

    def _begin(self, process: Process, ask: Ask) -> asyncio.Task[Any]:
        life = process.life
        assert life is not None  # it is up

        async def handle() -> Any:
            await life.gate()
            answer = await ask(life.service)
            await life.gate()
            return answer

        task = life.spawn(handle(), name=f"{process.name}-request")
        # Nobody may be left to hear how it ended.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _choose(self, service: str) -> Process:
        replicas = self.ground.of(service, "api")
        return replicas[self.ground.weather.random.randrange(len(replicas))] if len(replicas) > 1 else replicas[0]

    async def _travel(self) -> None:
        await asyncio.sleep(NEAR_SECONDS * self.ground.weather.random.random())


@dataclass(frozen=True, slots=True)
class ProductsOverNetwork:
    """The one question that a service asks another while a customer waits."""

    ground: Ground
    life: Life

    async def offers(self, lines: Mapping[str, int], *, currency: str) -> Mapping[str, Offer]:
        async def quote(product: Any) -> Any:
            return await product.quote(skus=list(lines), currency=currency)

        await self.life.gate()
        try:
            found, _ = await Network(self.ground).ask(
                "product", "quote", quote, who=self.life.process.name, peer="order"
            )
        except NoAnswer:
            raise Unreachable("product", "no answer") from None
        await self.life.gate()
        return {
            each.sku: Offer(
                sku=each.sku,
                product_slug=each.product_slug,
                name=each.name,
                options=dict(each.options),
                picture="",
                unit_price=each.unit_price.amount,
                available=each.available,
            )
            for each in found
        }
