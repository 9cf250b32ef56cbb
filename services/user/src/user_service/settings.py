"""Settings of the user service, prefix USER_."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from user_service.adapters.access_tokens import read_signing_keys

SHORTEST_KEY = 32


class UserSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="USER_")
    service: ClassVar[str] = "user"

    database_url: str = Field(
        pattern=r"^(postgresql\+asyncpg|memory)://",
        description="PostgreSQL, as a postgresql+asyncpg:// URL with this service's own role.",
    )
    database_owner_url: str | None = Field(
        default=None, description="The same database with its owner's login, for migrations alone."
    )
    broker_url: str = Field(
        pattern=r"^(amqps?|memory)://", description="RabbitMQ, as an amqp:// URL with this service's own user."
    )
    redis_url: str = Field(pattern=r"^(rediss?|memory)://", description="Redis for rate limits, as a redis:// URL.")
    signing_keys_file: Path | None = Field(
        default=None, description="File of signing keys that `rotate-keys` keeps; read again whenever it has changed."
    )
    signing_key: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="Instead of the file, for rungs that live for one run: private P-256 keys in PEM; the first signs.",
    )
    refresh_key: SecretStr = Field(
        min_length=SHORTEST_KEY, description="Derives each refresh token from the one before it."
    )
    peppers: dict[str, SecretStr] = Field(
        min_length=1, description='Keys that go into every password hash, by version id, as JSON: {"1": "…"}.'
    )
    pepper_id: str = Field(default="1", validate_default=True, description="The pepper for new hashes.")
    breached_passwords_file: FilePath | None = Field(
        default=None, description="Sorted SHA-1 hashes of breached passwords, one a line, as HIBP offers them."
    )
    trusted_hops: int = Field(
        default=0, ge=0, le=5, description="How many proxies in front of us to believe in X-Forwarded-For."
    )
    sign_in_failures: int = Field(
        default=10, ge=1, description="Failed sign-ins per account and network before it has to wait."
    )
    sign_in_window: timedelta = Field(
        default=timedelta(minutes=15), ge=timedelta(seconds=1), description="The time in which they are counted."
    )
    network_failures: int = Field(
        default=30, ge=1, description="Failed sign-ins per network and hour; then it may try once a minute."
    )
    account_failures: int = Field(
        default=100, ge=1, description="Failed sign-ins in a row and day, before only a mail opens the account again."
    )
    registrations_per_hour: int = Field(default=5, ge=1, description="Accounts that one network may open in an hour.")
    mails_per_hour: int = Field(default=5, ge=1, description="Verification mails that one address gets in an hour.")
    resets_per_hour: int = Field(default=3, ge=1, description="Mails for a new password that one address gets an hour.")
    network_resets_per_hour: int = Field(
        default=10, ge=1, description="New passwords that one network may ask for in an hour, for whomever."
    )
    refreshes_per_minute: int = Field(default=30, ge=1, description="New tokens that one session may have in a minute.")

    @field_validator("signing_key")
    @classmethod
    def _signs(cls, pem: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (pem is None) == (info.data.get("signing_keys_file") is None):
            raise ValueError("give this or USER_SIGNING_KEYS_FILE")
        if pem is not None:
            read_signing_keys(pem.get_secret_value())
        return pem

    @field_validator("peppers")
    @classmethod
    def _long_enough(cls, peppers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if any(len(key.get_secret_value()) < SHORTEST_KEY for key in peppers.values()):
            raise ValueError(f"each pepper needs at least {SHORTEST_KEY} characters")
        return peppers

    @field_validator("pepper_id")
    @classmethod
    def _known(cls, pepper_id: str, info: ValidationInfo) -> str:
        if pepper_id not in info.data.get("peppers", {pepper_id: ""}):
            raise ValueError("names none of the peppers")
        return pepper_id
