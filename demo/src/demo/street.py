"""The whole street in one process: five services on their twins, the simulators, one broker in memory."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage

import httpx2
import notification_service.main
import notification_service.wiring
import notification_service.worker
import order_service.main
import order_service.wiring
import order_service.worker
import payment_service.main
import payment_service.wiring
import payment_service.worker
import product_service.main
import product_service.wiring
import product_service.worker
import user_service.main
import user_service.wiring
import user_service.worker
from chassis.app import Apps
from chassis.bounds import App
from chassis.health import Health
from chassis.memory_broker import MemoryBroker
from chassis.worker import WorkerParts, running
from chassis.world import World
from contracts.topology import LISTENERS, bindings
from notification_service.settings import NotificationSettings
from order_service.settings import OrderSettings
from payment_service.settings import PaymentSettings
from product_service.settings import ProductSettings
from simulators.mail import MailCatcher
from simulators.psp import Psp
from user_service.wiring import UserService, settings_for_one_run

from demo.people import Person

NOWHERE = "memory://"
SHOP_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Catch:
    """A mail server that is the catcher itself."""

    catcher: MailCatcher

    async def send(self, message: EmailMessage) -> None:
        self.catcher.accept(message)


@dataclass(slots=True)
class Street:
    """Everything, wired but not yet at work."""

    apps: Mapping[str, Apps]
    parts: Mapping[str, WorkerParts]
    user: UserService
    psp: Psp
    mail: MailCatcher
    broker: MemoryBroker
    world: World
    health: Health
    staff: Person | None = None
    """Whom the development door signs in, once there is somebody."""

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Consumers, relays, jobs and the provider's webhooks, while the context is open."""
        async with AsyncExitStack() as stack:
            stack.callback(self.broker.close)
            await self.psp.start()
            stack.push_async_callback(self.psp.stop)
            for parts in self.parts.values():
                await stack.enter_async_context(running(parts, broker=self.broker, world=self.world))
            await self.health.assert_settings()
            yield

    async def dead_letters(self) -> Mapping[str, int]:
        """Service -> messages that nobody could handle."""
        return {service: await self.broker.dead_letters(service) for service in LISTENERS}

    def client(self, service: str, *, internal: bool = False) -> httpx2.AsyncClient:
        """Speaks to one service's app without a socket."""
        apps = self.apps[service]
        return in_process(apps.internal if internal else apps.public)


def in_process(app: App) -> httpx2.AsyncClient:
    """A client of an app in this process."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://street")


def build_street(world: World, *, shop_url: str = SHOP_URL, door: bool = False) -> Street:
    """Wire everything. With `door`, each service tells its facts."""
    health = Health(world)
    secret, key = world.dice.token(), "sk_test_" + world.dice.token()
    common = {"broker_url": NOWHERE, "user_url": NOWHERE, "development_door": door}

    user_settings = settings_for_one_run(world, development_door=door)
    user = user_service.wiring.in_memory(user_settings, world)
    verifier = user.verifier(world)
    user_apps = user_service.main.create_apps(user, user_settings, verifier=verifier, health=health)

    product_settings = ProductSettings.model_validate({**common, "database_url": NOWHERE})
    product = product_service.wiring.in_memory(product_settings, world)
    product_apps = product_service.main.create_apps(product, product_settings, verifier=verifier, health=health)

    order_settings = OrderSettings.model_validate(
        {**common, "mongo_url": NOWHERE, "product_url": "http://product", "cart_secret": world.dice.token()}
    )
    order = order_service.wiring.in_memory(order_settings, world, transport=httpx2.ASGITransport(product_apps.internal))
    order_apps = order_service.main.create_apps(order, order_settings, verifier=verifier, health=health)

    payment_settings = PaymentSettings.model_validate(
        {
            **common,
            "database_url": NOWHERE,
            "provider_url": "http://psp",
            "provider_key": key,
            "webhook_secret": secret,
        }
    )
    hook: list[App] = []

    async def deliver(body: bytes, signature: str) -> int:
        headers = {"content-type": "application/json", "Stripe-Signature": signature}
        async with in_process(hook[0]) as client:
            answer = await client.post("/api/v1/webhooks/psp", content=body, headers=headers)
        return answer.status_code

    psp = Psp(webhook_secret=secret, deliver=deliver, api_key=key)
    payment = payment_service.wiring.in_memory(payment_settings, world, transport=httpx2.ASGITransport(psp.app))
    payment_apps = payment_service.main.create_apps(payment, payment_settings, verifier=verifier, health=health)
    hook.append(payment_apps.public)

    mail = MailCatcher()
    notification_settings = NotificationSettings.model_validate(
        {**common, "mongo_url": NOWHERE, "smtp_host": "memory", "shop_url": shop_url}
    )
    notification = notification_service.wiring.in_memory(notification_settings, world, Catch(mail))
    notification_apps = notification_service.main.create_apps(
        notification, notification_settings, verifier=verifier, health=health
    )

    return Street(
        apps={
            "user": user_apps,
            "product": product_apps,
            "order": order_apps,
            "payment": payment_apps,
            "notification": notification_apps,
        },
        parts={
            "user": user_service.worker.parts(user),
            "product": product_service.worker.parts(product),
            "order": order_service.worker.parts(order),
            "payment": payment_service.worker.parts(payment),
            "notification": notification_service.worker.parts(notification),
        },
        user=user,
        psp=psp,
        mail=mail,
        broker=MemoryBroker(bindings(), world),
        world=world,
        health=health,
    )
