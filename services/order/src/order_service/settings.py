"""Settings of the order service, prefix ORDER_."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict


class OrderSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="ORDER_")
    service: ClassVar[str] = "order"

    mongo_url: str = Field(description="MongoDB replica set, as a mongodb:// URL.")
    mongo_database: str = Field(default="order", description="Name of this service's database.")
    broker_url: str = Field(description="RabbitMQ, as an amqp:// URL with this service's own user.")
    user_url: str = Field(description="The user service's public port, for its signing keys.")
    product_url: str = Field(description="The product service's internal port, for prices.")
    cart_secret: SecretStr = Field(min_length=32, description="Signs the ids of carts; at least 32 characters.")
    redis_url: str | None = Field(
        default=None,
        pattern=r"^rediss?://",
        description="Redis, to count checkouts for all replicas together; without, each replica counts alone.",
    )
    return_hosts: str = Field(
        default="localhost,127.0.0.1,::1",
        description="Hosts of the shop, with commas: only there may a payment page send customers back.",
    )
    checkouts_per_minute: int = Field(default=10, ge=1, description="Of one customer; more get 429.")
    checkouts_at_once: int = Field(default=3, ge=1, description="Of one customer, in each replica; more get 429.")
    full_at: int = Field(
        default=50_000, ge=1, description="So many orders with unsent messages close the shop for new ones (503)."
    )
    sweep_every: timedelta = Field(
        default=timedelta(seconds=2), description="How often the worker looks for orders that have waited too long."
    )
    relay_lease: timedelta = Field(
        default=timedelta(seconds=15),
        ge=timedelta(seconds=1),
        description="How long the outbox waits for a relay that died, before another one sends.",
    )
