"""Everything that this service may write into a log. `user` and `by` are pseudonyms, `network` a part of an address."""

from chassis.log_events import Vocabulary

EVENTS: Vocabulary = {
    "security.signed_in": {"user": str, "network": str},
    "security.sign_in_failed": {"network": str},
    "security.sign_in_limited": {"rule": str},
    "security.sessions_ended": {"user": str, "count": int},
    "security.refresh_unknown": {},
    "security.refresh_reused": {"user": str, "session": str},
    "security.refresh_refused": {"why": str, "user": str, "session": str},
    "security.password_changed": {"user": str},
    "security.password_reset": {"user": str},
    "security.roles_set": {"user": str, "by": str, "roles": list},
    "security.user_disabled": {"user": str, "by": str},
    "security.user_enabled": {"user": str, "by": str},
    "signing_keys.read": {"keys": dict},
    "signing_keys.unreadable": {"fault": str},
    "signing_keys.gone": {},
}
