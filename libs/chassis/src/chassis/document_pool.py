"""What the driver tells of its pool of connections to MongoDB, counted."""

from typing import override

from pymongo import monitoring


class Connections(monitoring.ConnectionPoolListener):
    """A member of the set that we do not speak to has a pool too, and nothing in it."""

    def __init__(self) -> None:
        self.in_use = 0
        self.timeouts = 0

    @override
    def connection_checked_out(self, event: monitoring.ConnectionCheckedOutEvent) -> None:
        self.in_use += 1

    @override
    def connection_checked_in(self, event: monitoring.ConnectionCheckedInEvent) -> None:
        self.in_use -= 1

    @override
    def connection_check_out_failed(self, event: monitoring.ConnectionCheckOutFailedEvent) -> None:
        if event.reason == monitoring.ConnectionCheckOutFailedReason.TIMEOUT:
            self.timeouts += 1

    @override
    def connection_check_out_started(self, event: monitoring.ConnectionCheckOutStartedEvent) -> None: ...

    @override
    def connection_created(self, event: monitoring.ConnectionCreatedEvent) -> None: ...

    @override
    def connection_ready(self, event: monitoring.ConnectionReadyEvent) -> None: ...

    @override
    def connection_closed(self, event: monitoring.ConnectionClosedEvent) -> None: ...

    @override
    def pool_created(self, event: monitoring.PoolCreatedEvent) -> None: ...

    @override
    def pool_ready(self, event: monitoring.PoolReadyEvent) -> None: ...

    @override
    def pool_cleared(self, event: monitoring.PoolClearedEvent) -> None: ...

    @override
    def pool_closed(self, event: monitoring.PoolClosedEvent) -> None: ...
