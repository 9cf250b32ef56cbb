"""The only room that knows both adapters and use cases."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from chassis.app import bound
from chassis.broker import StoreProbe
from chassis.faults import StoreUnavailable
from chassis.health import Check
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.metrics import Metrics
from chassis.revocation import InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World
from fastapi import Depends

from notification_service.adapters.in_memory import InMemoryContacts, InMemoryDeliveries
from notification_service.adapters.mail_metrics import MailMetrics
from notification_service.adapters.mail_templates import MailTemplates
from notification_service.adapters.memory_feeds import InMemoryFeeds
from notification_service.ports import Contacts, Deliveries, Feeds, Mailer
from notification_service.settings import NotificationSettings
from notification_service.use_cases.keep_contact import KeepContact
from notification_service.use_cases.live_feeds import LiveFeeds
from notification_service.use_cases.owe_mail import OweMail
from notification_service.use_cases.see_feed import ReadFeed, SeeFeed
from notification_service.use_cases.send_mail import SendMail
from notification_service.use_cases.tell import Tell

SEND_EVERY = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Stores:
    """Where everything is kept."""

    contacts: Contacts
    deliveries: Deliveries
    feeds: Feeds
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
    send_mail: SendMail
    see_feed: SeeFeed
    read_feed: ReadFeed
    live_feeds: LiveFeeds
    revoked: RevokedSessions
    store_answers: StoreProbe
    checks: Sequence[Check]
    metrics: Metrics
    facts: Callable[[], AsyncIterator[dict[str, Any]]]

    @property
    def jobs(self) -> Sequence[Job]:
        return [Job("send-mail", SEND_EVERY, self.send_mail)]


@asynccontextmanager
async def open_service(settings: NotificationSettings, world: World) -> AsyncGenerator[NotificationService]:
    """On MongoDB and SMTP."""
    # Imported here, so that the demo, which needs none of them, starts without the drivers.
    from chassis.documents import Documents
    from chassis.revocation_documents import RevocationDocuments

    from notification_service.adapters.delivery_documents import ContactDocuments, DeliveryDocuments
    from notification_service.adapters.document_shapes import make_collections
    from notification_service.adapters.feed_documents import FeedDocuments
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
        RevocationDocuments(documents),
    )
    try:
        yield _wire(
            settings,
            world,
            stores,
            mailer,
            store_answers=documents.answers,
            checks=[documents.faults, collections],
        )
    finally:
        await documents.close()


def in_memory(settings: NotificationSettings, world: World, mailer: Mailer) -> NotificationService:
    """On the twins in memory; mails go to `mailer`."""
    store = MemoryStore(world)
    stores = Stores(
        InMemoryContacts(store), InMemoryDeliveries(store), InMemoryFeeds(store), InMemoryRevocations(store)
    )
    return _wire(settings, world, stores, mailer)


def _wire(
    settings: NotificationSettings,
    world: World,
    stores: Stores,
    mailer: Mailer,
    *,
    store_answers: Callable[[], Awaitable[bool]] | None = None,
    checks: Sequence[Check] = (),
) -> NotificationService:
    metrics = MailMetrics()
    revoked = RevokedSessions(stores.revocations, world)
    owe_mail = OweMail(stores.contacts, stores.deliveries, world)
    return NotificationService(
        keep_contact=KeepContact(stores.contacts, stores.deliveries),
        owe_mail=owe_mail,
        tell=Tell(owe_mail, stores.feeds),
        send_mail=SendMail(
            stores.contacts,
            stores.deliveries,
            mailer,
            MailTemplates(settings.shop_url),
            world,
            sender=settings.mail_sender,
            observe=metrics.attempted,
        ),
        see_feed=SeeFeed(stores.feeds),
        read_feed=ReadFeed(stores.feeds),
        live_feeds=LiveFeeds(stores.feeds, revoked, world),
        revoked=revoked,
        store_answers=store_answers or _always,
        checks=checks,
        metrics=metrics,
        facts=stores.facts,
    )


async def _always() -> bool:
    return True


SeeFeedDep = Annotated[SeeFeed, Depends(bound(lambda service: service.see_feed))]
ReadFeedDep = Annotated[ReadFeed, Depends(bound(lambda service: service.read_feed))]
LiveFeedsDep = Annotated[LiveFeeds, Depends(bound(lambda service: service.live_feeds))]
