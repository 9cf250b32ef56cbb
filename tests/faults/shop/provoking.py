"""What the provider may do on a bad day that nobody has arranged, and at which of its operations."""

from collections.abc import Mapping

from simulators.psp.faults import Kind, Operation

AT_PROVIDER = (
    Kind.TIMEOUT_BEFORE,
    Kind.TIMEOUT_AFTER,
    Kind.ERROR_BEFORE,
    Kind.ERROR_AFTER,
    Kind.LOCK_TIMEOUT,
    Kind.SLOW,
    Kind.LATE_ANSWER,
    Kind.AUTHORIZATION_EXPIRED,
    Kind.STAYS_PROCESSING,
    Kind.REFUND_FAILS,
    Kind.DUPLICATE_WEBHOOKS,
    Kind.LATE_WEBHOOKS,
    Kind.REORDERED_WEBHOOKS,
    Kind.NO_WEBHOOKS,
)
OPERATIONS = (
    *(Operation.ANY, Operation.ANY, Operation.ANY, Operation.CREATE, Operation.CONFIRM, Operation.CAPTURE),
    *(Operation.CANCEL, Operation.REFUND, Operation.RETRIEVE),
)
STRIKES_AT: Mapping[Kind, Operation] = {
    Kind.AUTHORIZATION_EXPIRED: Operation.CAPTURE,
    Kind.STAYS_PROCESSING: Operation.CONFIRM,
    Kind.REFUND_FAILS: Operation.REFUND,
    Kind.DUPLICATE_WEBHOOKS: Operation.ANY,
    Kind.LATE_WEBHOOKS: Operation.ANY,
    Kind.REORDERED_WEBHOOKS: Operation.ANY,
    Kind.NO_WEBHOOKS: Operation.ANY,
}
"""Where else they would change nothing."""
