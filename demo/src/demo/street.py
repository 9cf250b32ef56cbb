"""The whole street in one process: five services on their twins, the simulators, one broker in memory."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

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
import storefront.main
import user_service.main
import user_service.wiring
import user_service.worker
from chassis.app import Apps
from chassis.auth import KeyRing, TokenVerifier
from chassis.bounds import App
from chassis.health import Health
from chassis.memory_broker import MemoryBroker
from chassis.revocation import RevokedSessions
from chassis.server import Background
from chassis.worker import WorkerParts, running
from chassis.world import World
from contracts.topology import LISTENERS, bindings
from notification_service.settings import NotificationSettings
from order_service.settings import OrderSettings
from payment_service.settings import PaymentSettings
from product_service.settings import ProductSettings
from simulators.mail import MailCatcher
from simulators.phone import PhoneCatcher
from simulators.psp import Psp
from simulators.visitor.people import Person
from storefront.front import open_front
from storefront.settings import StorefrontSettings
from user_service.wiring import UserService, settings_for_one_run

NOWHERE = "memory://"
SHOP_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class House:
    """One service: what it answers, and what it does in the background."""

    apps: Apps
    parts: WorkerParts
    revoked: RevokedSessions


@dataclass(slots=True)
class Street:
    """Everything, wired but not yet at work."""

    houses: Mapping[str, House]
    user: UserService
    psp: Psp
    mail: MailCatcher
    phone: PhoneCatcher
    broker: MemoryBroker
    world: World
    health: Health
    shop_url: str
    staff: Person | None = None
    """Whom the development door signs in, once there is somebody."""

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Consumers, relays, jobs and the provider's webhooks, while the context is open."""
        async with AsyncExitStack() as stack:
            stack.callback(self.broker.close)
            await self.psp.start()
            stack.push_async_callback(self.psp.stop)
            reading = Background(self.world)
            stack.push_async_callback(reading.stop)
            for name, house in self.houses.items():
                await stack.enter_async_context(running(house.parts, broker=self.broker, world=self.world))
                reading.start(f"{name}-revoked-sessions", house.revoked.job.forever(self.world))
            await self.health.assert_settings(*(house.revoked.loaded for house in self.houses.values()))
            yield

    @asynccontextmanager
    async def storefront(self) -> AsyncGenerator[App]:
        """The pages. They ask through the gateway, over a socket, as on every rung."""
        own = {"api_url": self.shop_url, "public_url": self.shop_url, "seal_secret": self.world.dice.token()}
        settings = StorefrontSettings.model_validate(own | {"test_cards": True})
        async with open_front(settings, self.world) as front:
            yield storefront.main.create_apps(front, settings, health=self.health).public

    async def dead_letters(self) -> Mapping[str, int]:
        """Service -> messages that nobody could handle."""
        return {service: await self.broker.dead_letters(service) for service in LISTENERS}

    async def mailed(self, to: str) -> Sequence[str]:
        """The texts of the mails to somebody."""
        return [each.text for each in self.mail.mails(to=to)]

    def client(self, service: str, *, internal: bool = False) -> httpx2.AsyncClient:
        """Speaks to one service's app without a socket."""
        apps = self.houses[service].apps
        return in_process(apps.internal if internal else apps.public)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all houses stand on."""

    world: World
    health: Health
    keys: KeyRing
    broker: MemoryBroker
    settings: Mapping[str, Any]

    def verifier(self, revoked: RevokedSessions) -> TokenVerifier:
        """All trust the same keys; whom each house refuses is its own knowledge."""
        return TokenVerifier(self.keys, revoked)


@dataclass(frozen=True, slots=True)
class Catch:
    """A mail server that is the catcher itself."""

    catcher: MailCatcher

    async def send(self, message: EmailMessage) -> None:
        self.catcher.accept(message)


def in_process(app: App) -> httpx2.AsyncClient:
    """A client of an app in this process."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1")


def build_street(world: World, *, shop_url: str = SHOP_URL, door: bool = False) -> Street:
    """Wire everything. With `door`, each service tells its facts."""
    settings = {"broker_url": NOWHERE, "user_url": NOWHERE, "development_door": door}
    user_settings = settings_for_one_run(world, development_door=door)
    broker = MemoryBroker(bindings(), world)
    user = user_service.wiring.in_memory(user_settings, world, broker=broker)
    ground = Ground(world, Health(world), KeyRing(user.jwks, world), broker, settings)
    user_apps = user_service.main.create_apps(
        user, user_settings, verifier=ground.verifier(user.revoked), health=ground.health
    )
    product = _product(ground)
    payment, psp = _payment(ground, shop_url=shop_url)
    mail, phone = MailCatcher(), PhoneCatcher()
    return Street(
        houses={
            "user": House(user_apps, user_service.worker.parts(user), user.revoked),
            "product": product,
            "order": _order(ground, product=product.apps.internal),
            "payment": payment,
            "notification": _notification(ground, mail, phone, shop_url=shop_url),
        },
        user=user,
        psp=psp,
        mail=mail,
        phone=phone,
        broker=broker,
        world=world,
        health=ground.health,
        shop_url=shop_url,
    )


def _product(ground: Ground) -> House:
    settings = ProductSettings.model_validate({**ground.settings, "database_url": NOWHERE})
    service = product_service.wiring.in_memory(settings, ground.world, broker=ground.broker)
    verifier = ground.verifier(service.revoked)
    apps = product_service.main.create_apps(service, settings, verifier=verifier, health=ground.health)
    return House(apps, product_service.worker.parts(service), service.revoked)


def _order(ground: Ground, *, product: App) -> House:
    own = {"mongo_url": NOWHERE, "product_url": "http://product", "cart_secret": ground.world.dice.token()}
    raised = {"checkouts_per_minute": 10_000, "checkouts_at_once": 1_000}
    settings = OrderSettings.model_validate({**ground.settings, **own, **raised})
    service = order_service.wiring.in_memory(
        settings, ground.world, broker=ground.broker, transport=httpx2.ASGITransport(product)
    )
    verifier = ground.verifier(service.revoked)
    apps = order_service.main.create_apps(service, settings, verifier=verifier, health=ground.health)
    return House(apps, order_service.worker.parts(service), service.revoked)


def _payment(ground: Ground, *, shop_url: str) -> tuple[House, Psp]:
    """Payment and its provider, who tells it things by webhook."""
    secret, key = ground.world.dice.token(), "sk_test_" + ground.world.dice.token()
    webhooks: list[App] = []

    async def deliver(body: bytes, signature: str) -> int:
        headers = {"content-type": "application/json", "Stripe-Signature": signature}
        async with in_process(webhooks[0]) as client:
            answer = await client.post("/api/v1/webhooks/psp", content=body, headers=headers)
        return answer.status_code

    psp = Psp(webhook_secret=secret, deliver=deliver, api_key=key, public_url=f"{shop_url}/dev/psp")
    own = {"database_url": NOWHERE, "provider_url": "http://psp", "provider_key": key, "webhook_secret": secret}
    settings = PaymentSettings.model_validate({**ground.settings, **own, "return_url": f"{shop_url}/checkout/return"})
    service = payment_service.wiring.in_memory(
        settings, ground.world, broker=ground.broker, transport=httpx2.ASGITransport(psp.app)
    )
    verifier = ground.verifier(service.revoked)
    apps = payment_service.main.create_apps(service, settings, verifier=verifier, health=ground.health)
    webhooks.append(apps.public)
    return House(apps, payment_service.worker.parts(service), service.revoked), psp


def _notification(ground: Ground, mail: MailCatcher, phone: PhoneCatcher, *, shop_url: str) -> House:
    account = {"sms_account": "ACdemo", "sms_token": ground.world.dice.token(), "sms_sender": "Mercato"}
    own = {"mongo_url": NOWHERE, "smtp_host": "memory", "shop_url": shop_url, "sms_url": "http://phone", **account}
    settings = NotificationSettings.model_validate({**ground.settings, **own})
    service = notification_service.wiring.in_memory(
        settings, ground.world, Catch(mail), broker=ground.broker, sms_transport=httpx2.ASGITransport(phone.app)
    )
    verifier = ground.verifier(service.revoked)
    apps = notification_service.main.create_apps(service, settings, verifier=verifier, health=ground.health)
    return House(apps, notification_service.worker.parts(service), service.revoked)
