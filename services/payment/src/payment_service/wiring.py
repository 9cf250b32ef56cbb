"""The only room that knows both adapters and use cases."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx2
from chassis.broker import DeadLetters, StoreProbe
from chassis.dead_letters import RabbitDeadLetters
from chassis.handing import handed
from chassis.health import Check
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.outbox import Outbox
from chassis.pools import Pool
from chassis.revocation import InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World

from payment_service.adapters.in_memory import InMemoryPayments
from payment_service.adapters.payment_metrics import PaymentMetrics
from payment_service.ports import Payments, Provider, Work
from payment_service.settings import PaymentSettings
from payment_service.use_cases.authorize_payment import AuthorizePayment
from payment_service.use_cases.capture_payment import CapturePayment
from payment_service.use_cases.heed_webhook import HeedWebhook
from payment_service.use_cases.payment_methods import AddPaymentMethod, DeletePaymentMethod, ListPaymentMethods
from payment_service.use_cases.receive_webhook import ReceiveWebhook
from payment_service.use_cases.reconcile import Reconcile
from payment_service.use_cases.refund_payment import RefundPayment
from payment_service.use_cases.see_payments import SeePayments
from payment_service.use_cases.settle import Settle
from payment_service.use_cases.settle_payment import SettlePayment
from payment_service.use_cases.settle_refund import SettleRefund
from payment_service.use_cases.void_payment import VoidPayment

MIGRATIONS = Path(__file__).parents[2] / "migrations"
AUDIT_EVERY = timedelta(minutes=5)
COUNT_EVERY = timedelta(seconds=5)
FORGET_EVERY = timedelta(minutes=5)
EVENTS_KEPT = timedelta(days=30)
"""As long as the provider lets anybody send a webhook again. One that comes later still is only a look too many."""


@dataclass(frozen=True, slots=True)
class PaymentService:
    """Everything payment can do, ready to be called."""

    authorize_payment: AuthorizePayment
    capture_payment: CapturePayment
    void_payment: VoidPayment
    refund_payment: RefundPayment
    add_payment_method: AddPaymentMethod
    list_payment_methods: ListPaymentMethods
    delete_payment_method: DeletePaymentMethod
    see_payments: SeePayments
    receive_webhook: ReceiveWebhook
    reconcile: Reconcile
    settle: Settle
    jobs: Sequence[Job]
    dead_letters: DeadLetters
    revoked: RevokedSessions
    store_answers: StoreProbe
    outbox: Outbox | None
    checks: Sequence[Check]
    metrics: PaymentMetrics
    facts: Callable[[], AsyncIterator[dict[str, Any]]]


type AddPaymentMethodDep = Annotated[AddPaymentMethod, handed(lambda s: s.add_payment_method)]
type ListPaymentMethodsDep = Annotated[ListPaymentMethods, handed(lambda s: s.list_payment_methods)]
type DeletePaymentMethodDep = Annotated[DeletePaymentMethod, handed(lambda s: s.delete_payment_method)]
type SeePaymentsDep = Annotated[SeePayments, handed(lambda s: s.see_payments)]
type ReceiveWebhookDep = Annotated[ReceiveWebhook, handed(lambda s: s.receive_webhook)]


@asynccontextmanager
async def open_service(
    settings: PaymentSettings, world: World, *, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncGenerator[PaymentService]:
    """On PostgreSQL and the real provider, which is reached through `transport` where one is given."""
    # Imported here, so that the demo, which needs none of them, starts without the drivers.
    from chassis.database import Database
    from chassis.outbox_relay import TableOutbox
    from chassis.revocation_table import RevocationTable
    from chassis.schema_version import schema_check

    from payment_service.adapters.payment_tables import PaymentTables
    from payment_service.adapters.stripe_provider import StripeProvider

    metrics = PaymentMetrics()
    database = Database(settings.database_url)
    provider = StripeProvider(
        settings.provider_key.get_secret_value(),
        base_url=settings.provider_url,
        called=metrics.called,
        clock=world.clock,
        transport=transport,
    )
    try:
        yield wire(
            settings,
            world,
            PaymentTables(database, world),
            provider,
            metrics,
            outbox=TableOutbox(settings.database_url, world=world),
            revocations=RevocationTable(database),
            dead_letters=RabbitDeadLetters(settings.broker_url, world),
            store_answers=database.answers,
            checks=[database.faults, schema_check(database, MIGRATIONS)],
            pools=[database.pool],
        )
    finally:
        await provider.close()
        await database.close()


def in_memory(
    settings: PaymentSettings,
    world: World,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    broker: DeadLetters | None = None,
) -> PaymentService:
    """On the twin in memory. The provider is reached through `transport`, such as an app in this process."""
    from payment_service.adapters.stripe_provider import StripeProvider

    metrics = PaymentMetrics()
    store = MemoryStore(world)
    provider = StripeProvider(
        settings.provider_key.get_secret_value(),
        base_url=settings.provider_url,
        called=metrics.called,
        clock=world.clock,
        transport=transport,
    )
    return wire(
        settings,
        world,
        InMemoryPayments(store),
        provider,
        metrics,
        outbox=store.outbox,
        revocations=InMemoryRevocations(store),
        dead_letters=broker or MemoryBroker({}, world),
    )


def wire(
    settings: PaymentSettings,
    world: World,
    payments: Payments,
    provider: Provider,
    metrics: PaymentMetrics,
    *,
    dead_letters: DeadLetters,
    outbox: Outbox,
    revocations: Revocations,
    store_answers: Callable[[], Awaitable[bool]] | None = None,
    checks: Sequence[Check] = (),
    pools: Sequence[Pool] = (),
) -> PaymentService:
    """On these parts, whichever they are: twins that outlive the process that works on them, for the simulator."""
    metrics.pools.add(*pools)
    settle = Settle(
        payments,
        # Events last: they have no lease, so one that cannot be worked on would keep the others from ever being tried.
        steps={
            Work.PAYMENT: SettlePayment(payments, provider, metrics, world, settings.return_url),
            Work.REFUND: SettleRefund(payments, provider, metrics, world),
            Work.EVENT: HeedWebhook(payments, metrics, world),
        },
        hands=settings.hands,
    )
    return PaymentService(
        authorize_payment=AuthorizePayment(payments, metrics, world, settle.ring),
        capture_payment=CapturePayment(payments, settle.ring),
        void_payment=VoidPayment(payments, settle.ring),
        refund_payment=RefundPayment(payments, settle.ring),
        add_payment_method=AddPaymentMethod(payments, provider, world),
        list_payment_methods=ListPaymentMethods(payments),
        delete_payment_method=DeletePaymentMethod(payments, provider),
        see_payments=SeePayments(payments),
        receive_webhook=ReceiveWebhook(payments, settings.webhook_secrets, world, settle.ring),
        reconcile=Reconcile(payments, provider, world),
        settle=settle,
        jobs=_jobs(settings, payments, settle, metrics),
        dead_letters=dead_letters,
        revoked=RevokedSessions(revocations, world),
        store_answers=store_answers or _always,
        outbox=outbox,
        checks=checks,
        metrics=metrics,
        facts=payments.facts,
    )


def _jobs(settings: PaymentSettings, payments: Payments, settle: Settle, metrics: PaymentMetrics) -> Sequence[Job]:
    async def count_unsettled() -> int:
        metrics.unsettled.set(await payments.unsettled())
        return 0

    async def audit() -> int:
        for invariant, count in (await payments.violations()).items():
            metrics.violations.labels(invariant).set(count)
        return 0

    hands = [
        Job(f"settle-{hand}", settings.look_every, settle.turn, bell=settle.rung) for hand in range(settings.hands)
    ]
    return [
        *hands,
        Job("settle-tick", settings.look_every, settle.tick),
        Job("count-unsettled", COUNT_EVERY, count_unsettled),
        Job("audit", AUDIT_EVERY, audit),
        Job("forget-events", FORGET_EVERY, partial(payments.forget_events, kept=EVENTS_KEPT)),
    ]


async def _always() -> bool:
    return True
