"""One request while it is being carried out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.psp.faults import Fault, Faults, Kind, Operation
from simulators.psp.nature import Nature
from simulators.psp.records import Event, Json
from simulators.psp.store import Store
from simulators.psp.wire import Params


@dataclass(slots=True)
class Call:
    """What was asked, and what came of it: events to deliver, and work that is due some seconds later."""

    params: Params
    operation: Operation
    faults: Faults
    order_id: str | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    events: list[Event] = field(default_factory=list)
    later: list[tuple[float, Callable[["Call"], None]]] = field(default_factory=list)

    def struck_by(self, kind: Kind) -> Fault | None:
        """A fault that changes the outcome, taken by the operation that knows how to suffer it."""
        return self.faults.take(frozenset({kind}), self.operation, self.order_id)

    def announce(self, type_: str, object_: Json, *, store: Store, nature: Nature) -> None:
        event = Event(
            id=nature.new_id("evt"),
            created=nature.second(),
            type=type_,
            object=object_,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
            operation=self.operation,
            order_id=self.order_id,
        )
        store.keep(event)
        self.events.append(event)

    def aftermath(self) -> "Call":
        """The same call, continued without a client."""
        return Call(Params({}), self.operation, self.faults, order_id=self.order_id)
