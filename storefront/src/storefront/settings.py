"""Settings of the storefront, prefix STOREFRONT_."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict


class StorefrontSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="STOREFRONT_")
    service: ClassVar[str] = "storefront"

    api_url: str = Field(
        pattern=r"^https?://",
        description="The gateway's door for the storefront, which believes it whom it speaks for.",
    )
    public_url: str = Field(
        pattern=r"^https?://", description="Where browsers find the shop. With https, cookies are for https only."
    )
    seal_secret: SecretStr = Field(
        min_length=32, description="Seals cookies, in all replicas alike; at least 32 characters."
    )
    old_seal_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="The one before: what it has sealed is still read.",
    )
    page_lives: timedelta = Field(
        default=timedelta(seconds=5),
        description="How long caches may keep a page that is the same for everybody.",
    )
    code_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where the learning mode's links lead: the repository's files, as in `https://git.example/shop/blob/main`.",
    )
    test_cards: bool = Field(
        default=False,
        description="The card provider is one for trying: visitors may save its test cards.",
    )
