"""The only room that knows both adapters and use cases."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import httpx2
from chassis.broker import DeadLetters, StoreProbe
from chassis.dead_letters import RabbitDeadLetters
from chassis.faults import StoreUnavailable
from chassis.handing import handed
from chassis.health import Check
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.metrics import Metrics
from chassis.pools import Pool
from chassis.revocation import InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World

from notification_service.adapters.in_memory import InMemoryContacts, InMemoryDeliveries
from notification_service.adapters.mail_metrics import MailMetrics
from notification_service.adapters.mail_templates import MailTemplates
from notification_service.adapters.memory_feeds import InMemoryFeeds
from notification_service.adapters.memory_preferences import InMemoryPreferences, InMemorySmsBudget
from notification_service.adapters.sms_texts import ShortTexts
from notification_service.adapters.twilio_sms import TwilioSms
from notification_service.ports import (
    AllFeeds,
    Contacts,
    Deliveries,
    Mailer,
    SmsBudget,
    Templates,
    Texter,
    WantedByPerson,
)
from notification_service.settings import NotificationSettings
from notification_service.use_cases.choose_channels import ChoosePreferences, SeePreferences
from notification_service.use_cases.keep_contact import KeepContact
from notification_service.use_cases.live_feeds import LiveFeeds
from notification_service.use_cases.owe_mail import OweMail
from notification_service.use_cases.owe_sms import OweSms
from notification_service.use_cases.see_deliveries import SeeDeliveries
from notification_service.use_cases.see_feed import ReadFeed, SeeFeed
from notification_service.use_cases.send_mail import SendMail
from notification_service.use_cases.send_sms import SendSms
from notification_service.use_cases.tell import Show, Tell

SEND_EVERY = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Stores:
    """Where everything is kept."""

    contacts: Contacts
    deliveries: Deliveries
    feeds: AllFeeds
    wanted: WantedByPerson
    sms_budget: SmsBudget
    revocations: Revocations

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        """Everything, for the facts door."""
        async for fact in self.deliveries.facts():
            yield fact
        async for fact in self.feeds.facts():
            yield fact


@dataclass(frozen=True, slots=True)
class NotificationService:
    """Everything notification can do, ready to be called."""

    keep_contact: KeepContact
    owe_mail: OweMail
    tell: Tell
    show: Show
    send_mail: SendMail
    send_sms: SendSms | None
    """None without a provider."""
    see_preferences: SeePreferences
    choose_preferences: ChoosePreferences
    see_deliveries: SeeDeliveries
    see_feed: SeeFeed
    read_feed: ReadFeed
    live_feeds: LiveFeeds
    dead_letters: DeadLetters
    revoked: RevokedSessions
    store_answers: StoreProbe
    checks: Sequence[Check]
    metrics: Metrics
    facts: Callable[[], AsyncIterator[dict[str, Any]]]

    @property
    def jobs(self) -> Sequence[Job]:
        texts = [Job("send-sms", SEND_EVERY, self.send_sms)] if self.send_sms is not None else []
        return [Job("send-mail", SEND_EVERY, self.send_mail), *texts]


@asynccontextmanager
async def open_service(settings: NotificationSettings, world: World) -> AsyncGenerator[NotificationService]:
    """On MongoDB and SMTP."""
    # Imported here, so that the demo, which needs none of them, starts without the drivers.
    from chassis.documents import Documents
    from chassis.revocation_documents import RevocationDocuments

    from notification_service.adapters.delivery_documents import ContactDocuments, DeliveryDocuments
    from notification_service.adapters.document_shapes import make_collections
    from notification_service.adapters.feed_documents import FeedDocuments
    from notification_service.adapters.preference_documents import PreferenceDocuments, SmsBudgetDocuments
    from notification_service.adapters.smtp_mailer import SmtpMailer

    documents = Documents(settings.mongo_url, settings.mongo_database)
    mailer = SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        start_tls=settings.smtp_start_tls,
    )

    async def collections() -> list[str]:
        try:
            await make_collections(documents)
        except StoreUnavailable as fault:
            return [str(fault)]
        return []

    stores = Stores(
        ContactDocuments(documents),
        DeliveryDocuments(documents),
        FeedDocuments(documents),
        PreferenceDocuments(documents),
        SmsBudgetDocuments(documents, settings.sms_limits),
        RevocationDocuments(documents),
    )
    texter = _texter(settings)
    try:
        yield wire(
            settings,
            world,
            stores,
            mailer,
            texter,
            dead_letters=RabbitDeadLetters(settings.broker_url, world),
            store_answers=documents.answers,
            checks=[documents.faults, collections],
            pools=[documents.pool],
        )
    finally:
        if texter is not None:
            await texter.close()
        await documents.close()


def in_memory(
    settings: NotificationSettings,
    world: World,
    mailer: Mailer,
    *,
    sms_transport: httpx2.AsyncBaseTransport | None = None,
    broker: DeadLetters | None = None,
) -> NotificationService:
    """On the twins in memory; mails go to `mailer`, and calls of the SMS provider to `sms_transport`."""
    store = MemoryStore(world)
    stores = Stores(
        InMemoryContacts(store),
        InMemoryDeliveries(store),
        InMemoryFeeds(store),
        InMemoryPreferences(store),
        InMemorySmsBudget(store, settings.sms_limits),
        InMemoryRevocations(store),
    )
    return wire(
        settings,
        world,
        stores,
        mailer,
        _texter(settings, sms_transport),
        dead_letters=broker or MemoryBroker({}, world),
    )


def _texter(settings: NotificationSettings, transport: httpx2.AsyncBaseTransport | None = None) -> TwilioSms | None:
    if settings.sms_account is None or settings.sms_token is None or settings.sms_sender is None:
        return None
    return TwilioSms(
        url=settings.sms_url,
        account=settings.sms_account,
        token=settings.sms_token.get_secret_value(),
        sender=settings.sms_sender,
        transport=transport,
    )


def wire(
    settings: NotificationSettings,
    world: World,
    stores: Stores,
    mailer: Mailer,
    texter: Texter | None,
    *,
    dead_letters: DeadLetters,
    store_answers: Callable[[], Awaitable[bool]] | None = None,
    checks: Sequence[Check] = (),
    pools: Sequence[Pool] = (),
    templates: Templates | None = None,
) -> NotificationService:
    """On these parts, whichever they are: twins that outlive the process that works on them, for the simulator."""
    metrics = MailMetrics()
    metrics.pools.add(*pools)
    revoked = RevokedSessions(stores.revocations, world)
    owe_mail = OweMail(stores.contacts, stores.deliveries, world)
    show = Show(stores.feeds)
    owe_sms = OweSms(stores.contacts, stores.deliveries, stores.wanted, world, possible=texter is not None)
    return NotificationService(
        keep_contact=KeepContact(stores.contacts, stores.deliveries),
        owe_mail=owe_mail,
        tell=Tell(owe_mail, owe_sms, show),
        show=show,
        send_mail=SendMail(
            stores.contacts,
            stores.deliveries,
            stores.wanted,
            mailer,
            templates or MailTemplates(settings.shop_url),
            world,
            sender=settings.mail_sender,
            observe=metrics.attempted,
        ),
        send_sms=_send_sms(settings, world, stores, texter, metrics) if texter is not None else None,
        see_preferences=SeePreferences(stores.wanted),
        choose_preferences=ChoosePreferences(stores.wanted),
        see_deliveries=SeeDeliveries(stores.deliveries),
        see_feed=SeeFeed(stores.feeds),
        read_feed=ReadFeed(stores.feeds),
        live_feeds=LiveFeeds(stores.feeds, revoked, world),
        dead_letters=dead_letters,
        revoked=revoked,
        store_answers=store_answers or _always,
        checks=checks,
        metrics=metrics,
        facts=stores.facts,
    )


def _send_sms(
    settings: NotificationSettings, world: World, stores: Stores, texter: Texter, metrics: MailMetrics
) -> SendSms:
    return SendSms(
        stores.contacts,
        stores.deliveries,
        stores.wanted,
        stores.sms_budget,
        settings.sms_limits,
        texter,
        ShortTexts(settings.shop_url),
        world,
        observe=metrics.texted,
    )


async def _always() -> bool:
    return True


type SeeDeliveriesDep = Annotated[SeeDeliveries, handed(lambda service: service.see_deliveries)]
type SeeFeedDep = Annotated[SeeFeed, handed(lambda service: service.see_feed)]
type ReadFeedDep = Annotated[ReadFeed, handed(lambda service: service.read_feed)]
type LiveFeedsDep = Annotated[LiveFeeds, handed(lambda service: service.live_feeds)]
type SeePreferencesDep = Annotated[SeePreferences, handed(lambda service: service.see_preferences)]
type ChoosePreferencesDep = Annotated[ChoosePreferences, handed(lambda service: service.choose_preferences)]
