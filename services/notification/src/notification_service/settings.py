"""Settings of the notification service, prefix NOTIFICATION_."""

import re
from email.utils import parseaddr
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from notification_service.domain.sms import SmsLimits

LIVE_SMS = "https://api.twilio.com"
EUROPE = (
    *("+30", "+31", "+32", "+33", "+34", "+351", "+352", "+353", "+358", "+39", "+41", "+420", "+43", "+44", "+45"),
    *("+46", "+47", "+48", "+49"),
)
"""Where we deliver, less what shares its prefix with numbers that are paid for being called (+1)."""


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
    sms_url: str = Field(
        default=LIVE_SMS, pattern="^https?://", description="The SMS provider (Twilio's REST), or what speaks like it."
    )
    sms_account: str | None = Field(
        default=None, pattern="^[A-Za-z0-9]+$", description="Account SID there. Without one, no text message is sent."
    )
    sms_token: SecretStr | None = Field(default=None, validate_default=True, description="Auth token of that account.")
    sms_sender: str | None = Field(
        default=None, validate_default=True, description="Number or name that text messages come from."
    )
    sms_prefixes: tuple[str, ...] = Field(
        default=EUROPE, min_length=1, description="Countries that text messages go to, as JSON list of E.164 prefixes."
    )
    sms_per_person_a_day: int = Field(default=5, ge=1, le=100, description="Text messages to one person in one day.")
    sms_price_of_segment: int = Field(default=9, ge=1, le=1000, description="What one segment costs, in cents.")
    sms_spent_a_day: int = Field(default=5000, ge=0, description="What all text messages of a day may cost, in cents.")
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

    @field_validator("sms_token", "sms_sender")
    @classmethod
    def _belongs_to_an_account(cls, given: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        if (given is None) != (info.data.get("sms_account") is None):
            raise ValueError("goes together with NOTIFICATION_SMS_ACCOUNT")
        return given

    @field_validator("sms_account")
    @classmethod
    def _never_live_behind_an_open_door(cls, account: str | None, info: ValidationInfo) -> str | None:
        if account is not None and info.data.get("development_door") and info.data.get("sms_url") == LIVE_SMS:
            raise ValueError("the live SMS provider and the development door may not meet")
        return account

    @field_validator("sms_prefixes")
    @classmethod
    def _are_prefixes(cls, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"\+[1-9][0-9]{0,6}", each) for each in prefixes):
            raise ValueError("needs prefixes such as +49")
        return prefixes

    @property
    def sms_limits(self) -> SmsLimits:
        return SmsLimits(
            prefixes=self.sms_prefixes,
            per_person_a_day=self.sms_per_person_a_day,
            price_of_segment=self.sms_price_of_segment,
            spent_a_day=self.sms_spent_a_day,
        )
