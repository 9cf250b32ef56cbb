"""Commands as they come from the broker, and a store with a payment in it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher
from chassis.messages import seal
from chassis.world import World
from contracts.payment import PaymentCommand
from payment_service.consumers import listeners
from payment_service.domain.commands import State
from payment_service.domain.payment import Payment

ORDER = UUID("0190a000-0000-7000-8000-00000000000f")
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")

Hear = Callable[[PaymentCommand], Awaitable[Verdict]]


@pytest.fixture
def hear(service) -> Hear:
    """The command as it comes from the broker; a new delivery each time."""
    dispatch = Dispatcher(*listeners(service))
    return lambda command: dispatch(seal(command, world=World()).body)


@pytest.fixture
def given(service):
    """Our store with one payment in this state."""

    async def given(state: State, **others) -> None:
        payment = Payment(
            id=PAYMENT, order_id=ORDER, amount=3558, currency="EUR", state=State.CREATED, customer="c", method="m"
        )
        async with service.authorize_payment.payments.transaction() as tx:
            await tx.add(payment)
            settled = {"intent_id": "pi_1", "captured": 3558 if state is State.CAPTURED else 0, "reason": "why"}
            await tx.save(replace(payment, **{"state": state, **settled, **others}))

    return given
