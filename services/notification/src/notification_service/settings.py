"""Settings of the notification service, prefix NOTIFICATION_."""

from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class NotificationSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="NOTIFICATION_")
    service: ClassVar[str] = "notification"

    mongo_url: str = Field(description="MongoDB replica set, as a mongodb:// URL.")
    mongo_database: str = Field(default="notification", description="Name of this service's database.")
    broker_url: str = Field(description="RabbitMQ, as an amqp:// URL with this service's own user.")
    user_url: str = Field(description="The user service's public port, for its signing keys.")
    smtp_host: str = Field(description="Mail server.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_username: str | None = Field(default=None, description="Account at the mail server, if it wants one.")
    smtp_password: str | None = Field(default=None, description="Password of that account.")
    smtp_start_tls: bool = Field(default=True, description="Refuse to speak to a mail server without TLS.")
    mail_sender: str = Field(
        default="Mercato <hello@mercato.example>", description="From address; its domain also ends our Message-IDs."
    )
    shop_url: str = Field(description="Where links in mails lead: the public address of the shop.")
