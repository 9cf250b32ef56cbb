"""Everything that this service may write into a log. Orders are named by their ids, people by pseudonyms."""

from chassis.log_events import Vocabulary

EVENTS: Vocabulary = {
    "saga.step": {"order": str, "before": str, "after": str, "trigger": str},
    "saga.unexpected": {"order": str, "state": str, "trigger": str},
    "saga.refund_failed": {"order": str},
    "saga.gave_up": {"order": str, "state": str},
    "saga.repeated": {"order": str, "state": str, "commands": list},
    "order.refund": {"order": str, "refund": str, "amount": int, "by": str},
}
