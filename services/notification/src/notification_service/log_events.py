"""Everything that this service may write into a log. A delivery is named by the event that it is owed for: its id would
name the person too."""

from chassis.log_events import Vocabulary

DELIVERY = {"kind": str, "event_id": str, "attempt": int}

EVENTS: Vocabulary = {
    "mail.accepted": DELIVERY,
    "mail.refused": {"why": str, **DELIVERY},
    "mail.failed": {"why": str, **DELIVERY},
    "mail.broken": DELIVERY,
    "sms.accepted": DELIVERY,
    "sms.refused": {"why": str, **DELIVERY},
    "sms.failed": {"why": str, **DELIVERY},
    "sms.broken": {"event_id": str},
    "sms.capped": {"event_id": str},
    "sms.not_allowed_there": {"event_id": str},
    "stream.too_slow": {},
    "feed_changes.ended": {},
    "feed_changes.lost": {"fault": str},
    "feed_changes.failed": {},
}
