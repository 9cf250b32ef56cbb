"""Everything that the storefront may write into a log."""

from chassis.log_events import Vocabulary

EVENTS: Vocabulary = {
    "page.incomplete": {"fault": str},
    "form.foreign": {"why": str},
}
