"""Settings of the product service, prefix PRODUCT_."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class ProductSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PRODUCT_")
    service: ClassVar[str] = "product"

    database_url: str = Field(description="PostgreSQL, as a postgresql+asyncpg:// URL with this service's own login.")
    database_owner_url: str | None = Field(
        default=None, description="The same database with its owner's login, for migrations alone."
    )
    broker_url: str = Field(description="RabbitMQ, as an amqp:// URL with this service's own user.")
    user_url: str = Field(description="The user service's public port, for its signing keys.")
    hold_ttl: timedelta = Field(
        default=timedelta(minutes=40),
        ge=timedelta(seconds=1),
        description="How long an order may hold stock; longer than a payment may take.",
    )
    expire_every: timedelta = Field(
        default=timedelta(seconds=5),
        ge=timedelta(milliseconds=10),
        description="How often the worker looks for holds past their time.",
    )
