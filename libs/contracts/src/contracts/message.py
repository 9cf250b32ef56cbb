"""What every message has: who speaks, on which exchange, under which name and version."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Lane = Literal["saga", "news"]


class Message(BaseModel):
    """A command or an event. Readers tolerate unknown fields; a changed meaning is a new major version."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # each process says and hears a few

    source: ClassVar[str]
    """The service that says it."""
    exchange: ClassVar[str]
    lane: ClassVar[Lane]
    """`saga` (commands and their replies) leaves the outbox before `news`."""
    version: ClassVar[int] = 1
    about: ClassVar[str] = "order_id"
    """The field that names the aggregate the message is about."""

    @classmethod
    def routing_key(cls) -> str:
        """`<type>.v<major>`, the key on the exchange and the type on the wire."""
        return f"{cls.__name__}.v{cls.version}"
