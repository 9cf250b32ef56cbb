"""Settings of the notification service, prefix NOTIFICATION_."""

import re
from email.utils import parseaddr
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict


class NotificationSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="NOTIFICATION_")
    service: ClassVar[str] = "notification"

    mongo_url: str = Field(
        pattern=r"^(mongodb(\+srv)?|memory)://", description="MongoDB replica set, as a mongodb:// URL."
    )
    mongo_database: str = Field(default="notification", description="Name of this service's database.")
    broker_url: str = Field(
        pattern=r"^(amqps?|memory)://", description="RabbitMQ, as an amqp:// URL with this service's own user."
    )
    user_url: str = Field(
        pattern=r"^(https?|memory)://", description="The user service's public port, for its signing keys."
    )
    smtp_host: str = Field(min_length=1, description="Mail server.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_username: str | None = Field(default=None, description="Account at the mail server, if it wants one.")
    smtp_password: SecretStr | None = Field(
        default=None, validate_default=True, description="Password of that account."
    )
    smtp_start_tls: bool = Field(default=True, description="Refuse to speak to a mail server without TLS.")
    mail_sender: str = Field(
        default="Mercato <hello@mercato.example>", description="From address; its domain also ends our Message-IDs."
    )
    shop_url: str = Field(
        pattern="^https?://", description="Where links in mails lead: the public address of the shop."
    )

    @field_validator("mail_sender")
    @classmethod
    def _sends(cls, sender: str) -> str:
        address = parseaddr(sender)[1]
        if not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", address) or not sender.isprintable():
            raise ValueError("needs an address, such as Mercato <hello@mercato.example>")
        return sender

    @field_validator("smtp_password")
    @classmethod
    def _belongs_to_somebody(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (password is None) != (info.data.get("smtp_username") is None):
            raise ValueError("goes together with NOTIFICATION_SMTP_USERNAME")
        return password
