"""The explorations: together they reach every row of the saga's table."""

from order_service.domain.saga_table import Trigger

from tests.explorer.model import Plot

BUYING = frozenset({Trigger.CANCEL, Trigger.GIVE_UP})
AFTER = frozenset({Trigger.CANCEL, Trigger.SHIP, Trigger.DELIVER, Trigger.REFUND})

PLOTS = (
    Plot("a saved card", wishes=BUYING, rival=True),
    Plot("a saved card that is declined", wishes=BUYING, card="declined", hopeless=True),
    Plot("a bank that lets go of the money", wishes=BUYING, may_fail=frozenset({"capture"}), hopeless=True),
    Plot("a refund that fails at first", wishes=BUYING, may_fail=frozenset({"refund"})),
    Plot("the provider's page", wishes=BUYING, hosted=True),
    Plot("after the sale", wishes=AFTER),
    Plot("after the sale, with a refund that fails", wishes=AFTER, may_fail=frozenset({"refund"})),
)
