"""Messages on their way: the envelope on the wire, and what the outbox keeps until the broker has it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chassis import tracing
from chassis.world import World

Lane = Literal["saga", "news"]


class Contract(Protocol):
    """The shape of the classes in `contracts`, which the chassis does not import."""

    source: ClassVar[str]
    exchange: ClassVar[str]
    lane: ClassVar[Lane]
    version: ClassVar[int]
    about: ClassVar[str]

    @classmethod
    def routing_key(cls) -> str: ...

    @classmethod
    def model_validate(cls, obj: Any) -> Self: ...

    def model_dump(self, *, mode: Literal["json", "python"] | str = "python") -> dict[str, Any]: ...


class Envelope(BaseModel):
    """What goes over the wire: who said it, what it is about, and the message itself under `data`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    type: str
    """`<name>.v<major>`, equal to the routing key."""
    version: int
    source: str
    aggregate_id: str
    seq: int = 0
    """Counts the states of one aggregate, for listeners that keep a replica of it; 0 elsewhere."""
    occurred_at: datetime
    trace: str | None = None
    """W3C traceparent of the work that said it."""
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message in an outbox: where it goes, and its envelope."""

    exchange: str
    routing_key: str
    lane: Lane
    envelope: Envelope

    @property
    def id(self) -> UUID:
        return self.envelope.id

    def under(self, parcel: tracing.Parcel | None) -> Self:
        """The same message, sent by this span."""
        if parcel is None:
            return self
        return replace(self, envelope=self.envelope.model_copy(update={"trace": parcel.traceparent}))

    @property
    def body(self) -> bytes:
        return self.envelope.model_dump_json().encode()


def seal(message: Contract, *, world: World, message_id: UUID | None = None, seq: int = 0) -> Outgoing:
    """Put a message into its envelope. Commands pass their own id (`uuid5(order, step)`)."""
    data = message.model_dump(mode="json")
    return Outgoing(
        exchange=message.exchange,
        routing_key=message.routing_key(),
        lane=message.lane,
        envelope=Envelope(
            id=message_id or world.ids.uuid7(),
            type=message.routing_key(),
            version=message.version,
            source=message.source,
            aggregate_id=str(data[message.about]),
            seq=seq,
            occurred_at=world.clock.now(),
            trace=tracing.current_traceparent(),
            data=data,
        ),
    )
