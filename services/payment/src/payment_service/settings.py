"""Settings of the payment service, prefix PAYMENT_."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

LIVE = ("sk_live_", "rk_live_")


class PaymentSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PAYMENT_")
    service: ClassVar[str] = "payment"

    database_url: str = Field(description="PostgreSQL, as a postgresql+asyncpg:// URL with this service's own login.")
    database_owner_url: str | None = Field(
        default=None, description="The same database with its owner's login, for migrations alone."
    )
    broker_url: str = Field(description="RabbitMQ, as an amqp:// URL with this service's own user.")
    user_url: str = Field(description="The user service's public port, for its signing keys.")
    provider_url: str = Field(
        default="https://api.stripe.com", description="The payment provider, or what speaks like it."
    )
    provider_key: SecretStr = Field(min_length=1, description="Secret key at the payment provider.")
    webhook_secret: SecretStr = Field(min_length=1, description="What the provider signs its webhooks with.")
    webhook_secret_before: SecretStr | None = Field(
        default=None, min_length=1, description="The secret before that, while both are in use."
    )
    return_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="The shop's page for customers whose saved card asked for an authentication; without it such a "
        "card is declined.",
    )
    hands: int = Field(default=8, ge=1, le=64, description="Calls to the provider at once, per worker.")
    look_every: timedelta = Field(
        default=timedelta(seconds=0.3), description="How often the worker looks for calls that were put off."
    )

    @field_validator("provider_key")
    @classmethod
    def _never_live_behind_an_open_door(cls, key: SecretStr, seen: ValidationInfo) -> SecretStr:
        if seen.data.get("development_door") and key.get_secret_value().startswith(LIVE):
            raise ValueError("a live key of the provider and the development door may not meet")
        return key

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Every secret that is active now."""
        active = (self.webhook_secret, self.webhook_secret_before)
        return tuple(each.get_secret_value() for each in active if each is not None)
