"""The worker whole: a command comes in by the broker, an answer leaves by it."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from chassis.broker import Dispatch, Verdict
from chassis.memory_broker import MemoryBroker
from chassis.messages import Envelope, seal
from chassis.worker import running
from chassis.world import World
from contracts.payment import AuthorizePayment, CapturePayment, PaymentCommand, RefundPayment, VoidPayment
from contracts.topology import bindings
from payment_service.domain.commands import State
from payment_service.domain.payment import Payment
from payment_service.worker import parts

ADA = UUID("0190a000-0000-7000-8000-000000000001")


@pytest.fixture
def world() -> World:
    """Time goes by itself here."""
    return World()


async def test_commands_are_obeyed_and_answered_over_the_broker(service, world, psp) -> None:
    broker = MemoryBroker(bindings(), world)
    heard: asyncio.Queue[Envelope] = asyncio.Queue()
    method = (await service.add_payment_method(ADA, provider_token="pm_card_visa")).id
    order, payment = uuid4(), uuid4()

    async def ask(command: PaymentCommand) -> Envelope:
        broker.deliver("payment", seal(command, world=world).body)
        return await heard.get()

    async with (
        running(parts(service), broker=broker, world=world),
        broker.consume("order", into(heard), store_answers=service.store_answers, concurrency=1),
        asyncio.timeout(20),
    ):
        about = {"order_id": order, "payment_id": payment}
        answers = [
            await ask(AuthorizePayment(**about, user_id=ADA, method_id=method, amount=3558, currency="EUR")),
            await ask(CapturePayment(**about)),
            await ask(VoidPayment(**about)),
            await ask(RefundPayment(**about, refund_id=uuid4())),
        ]

    assert [each.type for each in answers] == [
        "PaymentAuthorized.v1",
        "PaymentCaptured.v1",
        "PaymentCaptured.v1",
        "PaymentRefunded.v1",
    ]
    assert {each.aggregate_id for each in answers} == {str(order)}
    assert [each["kind"] for each in psp.facts()] == ["authorization", "capture", "refund"]


async def test_what_an_audit_finds_is_told(service) -> None:
    [audit] = [job for job in service.jobs if job.name == "audit"]
    async with service.settle.payments.transaction() as tx:
        payment = Payment(uuid4(), uuid4(), 500, "EUR", State.CREATED)
        await tx.add(payment)
        await tx.save(replace(payment, state=State.CAPTURED, captured=500))

    await audit.run()

    told = service.metrics.registry.get_sample_value
    assert [told("shop_invariant_violations", {"invariant": each}) for each in ("I5", "I6")] == [1, 0]


async def test_a_poisoned_command_holds_nobody_up(service, world) -> None:
    broker = MemoryBroker(bindings(), world)
    heard: asyncio.Queue[Envelope] = asyncio.Queue()
    order, payment = uuid4(), uuid4()

    async with (
        running(parts(service), broker=broker, world=world),
        broker.consume("order", into(heard), store_answers=service.store_answers, concurrency=1),
        asyncio.timeout(20),
    ):
        broker.deliver("payment", b"nonsense")
        broker.deliver("payment", seal(VoidPayment(order_id=order, payment_id=payment), world=world).body)
        answer = await heard.get()

    assert answer.type == "PaymentVoided.v1"
    assert await broker.dead_letters("payment") == 1


def into(heard: asyncio.Queue[Envelope]) -> Dispatch:
    async def listen(body: bytes) -> Verdict:
        heard.put_nowait(Envelope.model_validate_json(body))
        return Verdict.DONE

    return listen
