"""Every way this service says no, on one page."""

from notification_service.domain.preferences import MustBeMailed
from notification_service.use_cases.live_feeds import Leaving, TooManyStreams

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    TooManyStreams: (429, "too_many_streams"),
    Leaving: (503, "unavailable"),
    MustBeMailed: (422, "must_be_mailed"),
}
