"""Everything that this service may write into a log. Nothing of a card, and no customer: payments have ids."""

from chassis.log_events import Vocabulary

EVENTS: Vocabulary = {
    "payment.settled": {"payment_id": str, "outcome": str},
    "payment.lease_lost": {"payment_id": str},
    # somebody must look: the provider's word does not fit ours
    "payment.surprise": {"payment_id": str, "what": str},
    "refund.settled": {"refund_id": str, "outcome": str},
    "refund.lease_lost": {"refund_id": str},
    "refund.surprise": {"refund_id": str, "what": str},
    "refund.failed_after_all": {"refund_id": str},
    "payment_method.not_detached": {"method_id": str, "fault": str},
    "reconcile.not_cancelled": {"intent_id": str, "reason": str},
    "provider.refuses_our_key": {"operation": str},
}
