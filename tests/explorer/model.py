"""One order's whole world as a graph: every state that it can be in, and every step that leads on.

A message, once said, can be delivered at any time from then on: never, once, often, late, in any order. A call to the
provider can be answered, or be heard and not answered, or land when nobody waits for it any more. Whoever holds a
call's answer can die before it is written down. All steps are atomic, as the code's own are: one write, one
transaction, one call.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from contracts.message import Message
from contracts.payment import PaymentCommand, PaymentEvent
from contracts.product import CommitStock, ReleaseStock, ReserveStock
from order_service.domain.order import Order
from order_service.domain.saga_table import Trigger, find
from order_service.domain.states import State
from payment_service.ports import OutcomeUnknown
from product_service.domain.hold import TABLE as HOLDS
from product_service.domain.hold import Answer, HoldState
from product_service.domain.hold import Command as HoldCommand

from tests.explorer.parts import ORDER_ID, TOTAL, OrderPart, new_order
from tests.explorer.payments import HANDS, Asked, PaymentPart, Rows
from tests.explorer.provider import READS, Call, Provider

COMMANDS = {ReserveStock: HoldCommand.RESERVE, CommitStock: HoldCommand.COMMIT, ReleaseStock: HoldCommand.RELEASE}
SAID_BY_PRODUCT = {
    Answer.RESERVED: "StockReserved",
    Answer.REJECTED: "StockReservationRejected",
    Answer.COMMITTED: "StockCommitted",
    Answer.COMMIT_REJECTED: "StockCommitRejected",
    Answer.RELEASED: "StockReleased",
}
OURS = frozenset({HoldState.HELD, HoldState.COMMITTED})
"""With these the piece is taken, and it is us who have it."""
UNHEARD = OutcomeUnknown("no answer")

type Word = Message | str
"""A command or an answer of payment's; an answer of product's by its name."""


class Shop(NamedTuple):
    """A state of everything, each part by its number."""

    order: int
    hold: HoldState | None
    other_has_it: bool
    rows: int
    provider: int
    asked: tuple[int, int]
    """The calls under way, of the hand that settles payments and of the one for refunds; 0 for none."""
    late: frozenset[int]
    """Calls that nobody waits for any more and that may still land."""
    said: frozenset[int]
    parcel: State | None
    """What has become of the goods, as staff sees it."""


class Numbers[T]:
    """Each thing has a number, from 0 on."""

    def __init__(self) -> None:
        self._by_thing: dict[T, int] = {}
        self.things: list[T] = []

    def of(self, thing: T) -> int:
        number = self._by_thing.get(thing)
        if number is None:
            number = self._by_thing[thing] = len(self.things)
            self.things.append(thing)
        return number


@dataclass(frozen=True)
class Step:
    """`fair`: the world does it by itself sooner or later, without anybody's whim and without a fault."""

    label: str
    shop: Shop
    fair: bool = False


@dataclass(frozen=True)
class Plot:
    """What may happen in this exploration. `wishes` of customer and staff; `may_fail`: see Provider."""

    name: str
    hosted: bool = False
    card: str = "good"
    may_fail: frozenset[str] = frozenset()
    wishes: frozenset[Trigger] = frozenset({Trigger.CANCEL, Trigger.GIVE_UP})
    rival: bool = False
    """Somebody else wants the only piece."""
    hopeless: bool = False
    """Nothing can be sold here."""


@dataclass
class Model:
    plot: Plot
    payments: PaymentPart = field(default_factory=PaymentPart)
    orders: OrderPart = field(default_factory=OrderPart)

    def __post_init__(self) -> None:
        self._orders: Numbers[Order] = Numbers()
        self._rows: Numbers[Rows] = Numbers()
        self._providers: Numbers[Provider] = Numbers()
        self._words: Numbers[Word] = Numbers()
        self._calls: Numbers[Call] = Numbers()
        self._asked: Numbers[Any] = Numbers()
        self._asked.of(None)
        self._steps: dict[tuple[Any, ...], Any] = {}

    # --- what a state is made of

    def start(self) -> Shop:
        order = self._orders.of(new_order(hosted=self.plot.hosted))
        provider = self._providers.of(Provider(card=self.plot.card, may_fail=self.plot.may_fail))
        said = frozenset({self._words.of(ReserveStock(order_id=ORDER_ID, lines=LINES))})
        return Shop(order, None, False, self._rows.of(Rows()), provider, (0, 0), frozenset(), said, None)

    def order(self, shop: Shop) -> Order:
        return self._orders.things[shop.order]

    def rows(self, shop: Shop) -> Rows:
        return self._rows.things[shop.rows]

    def provider(self, shop: Shop) -> Provider:
        return self._providers.things[shop.provider]

    def word(self, number: int) -> Word:
        return self._words.things[number]

    def provider_of(self, number: int) -> Provider:
        return self._providers.things[number]

    def landed(self, provider: int, call: int) -> int:
        """The provider after this call."""
        return self._call(provider, call)[0]

    def order_steps(self) -> Iterator[tuple[Any, Order, Order]]:
        """Every step that any order took: because of what, from where, to where."""
        for (order, cause, _), said in self.orders.known():
            if said is not None:
                yield cause, order, said.order

    def noted(self, order: Order, trigger: Trigger) -> bool:
        """Does the table know this here, even where nothing but the history changes?"""
        return find(order, trigger) is not None

    # --- what can happen next

    def steps(self, shop: Shop) -> Iterator[Step]:
        yield from self._deliveries(shop)
        yield from self._wishes(shop)
        yield from self._shelves(shop)
        yield from self._customer(shop)
        for hand in range(len(HANDS)):
            yield from self._hand(shop, hand)
        for call in shop.late:
            landed = shop._replace(provider=self.landed(shop.provider, call), late=shop.late - {call})
            yield Step(f"late {self._calls.things[call].operation}", landed)

    def _deliveries(self, shop: Shop) -> Iterator[Step]:
        for number in shop.said:
            word = self._words.things[number]
            if isinstance(word, PaymentCommand):
                rows, says = self._obeyed(shop.rows, number)
                after = shop._replace(rows=rows, said=shop.said | says)
            elif isinstance(word, str | PaymentEvent):
                after = self._advanced(shop, number)
            else:
                after = self._held(shop, COMMANDS[type(word)])
            if after is not None and after != shop:
                yield Step(f"{word if isinstance(word, str) else type(word).__name__}", after, fair=True)

    def _wishes(self, shop: Shop) -> Iterator[Step]:
        for wish in self.plot.wishes:
            for amount in (TOTAL // 2, 0) if wish is Trigger.REFUND else (0,):
                found = self._stepped(shop.order, wish, amount)
                if found is not None:
                    parcel = {Trigger.SHIP: State.SHIPPED, Trigger.DELIVER: State.DELIVERED}.get(wish, shop.parcel)
                    yield Step(wish, shop._replace(order=found[0], said=shop.said | found[1], parcel=parcel))

    def _shelves(self, shop: Shop) -> Iterator[Step]:
        if shop.hold is HoldState.HELD:
            yield Step("the hold expires", shop._replace(hold=HoldState.EXPIRED))
        if self.plot.rival and shop.hold not in OURS:
            yield Step("the rival", shop._replace(other_has_it=not shop.other_has_it))

    def _customer(self, shop: Shop) -> Iterator[Step]:
        provider = self.provider(shop)
        if provider.session is None or provider.session != "open":
            return
        expired = self._providers.of(provider.page_expires())
        yield Step("the page expires", shop._replace(provider=expired), fair=True)
        if self.order(shop).payment_page is not None:  # the order has shown the way there
            declined = self._providers.of(provider.customer_is_declined())
            paid = self._providers.of(provider.customer_pays())
            yield Step("the card is declined", shop._replace(provider=declined))
            yield Step("the customer pays", shop._replace(provider=paid))

    def _hand(self, shop: Shop, hand: int) -> Iterator[Step]:
        if shop.asked[hand]:
            yield Step("written down", self._concluded(shop, hand), fair=True)
            yield Step("dies with the answer", self._forgotten(shop, hand))
            return
        call = self._asks(shop.rows, hand)
        if call is None:
            return
        if self._calls.things[call].operation == "none":
            yield Step("nothing to ask", self._asking(shop, hand, call, shop.provider, None), fair=True)
            return
        provider, reply = self._call(shop.provider, call)
        operation = self._calls.things[call].operation
        yield Step(operation, self._asking(shop, hand, call, provider, reply), fair=True)
        yield Step(f"{operation}, unheard", self._asking(shop, hand, call, provider, UNHEARD))
        if operation not in READS:
            late = shop._replace(late=shop.late | {call})
            yield Step(f"{operation}, on its way", self._asking(late, hand, call, shop.provider, UNHEARD))

    # --- each part's own step, computed once

    def _stepped(self, order: int, cause: Any, amount: int = 0) -> tuple[int, frozenset[int]] | None:
        key = ("order", order, cause, amount)
        if key not in self._steps:
            found = self.orders.step(self._orders.things[order], cause, amount)
            says = None if found is None else frozenset(map(self._words.of, found.says))
            self._steps[key] = None if found is None else (self._orders.of(found.order), says)
        return self._steps[key]

    def _advanced(self, shop: Shop, number: int) -> Shop | None:
        key = ("reply", shop.order, number)
        if key not in self._steps:
            self._steps[key] = self._stepped(shop.order, self._words.things[number])
        found = self._steps[key]
        return None if found is None else shop._replace(order=found[0], said=shop.said | found[1])

    def _held(self, shop: Shop, command: HoldCommand) -> Shop | None:
        step = HOLDS.get((shop.hold, command))
        if step is None:
            return None
        if step.otherwise is not None and shop.other_has_it and shop.hold not in OURS:
            step = step.otherwise
        says = self._words.of(SAID_BY_PRODUCT[step.answer])
        return shop._replace(hold=step.becomes, said=shop.said | {says})

    def _obeyed(self, rows: int, number: int) -> tuple[int, frozenset[int]]:
        key = ("obey", rows, number)
        if key not in self._steps:
            command = self._words.things[number]
            assert isinstance(command, PaymentCommand)
            found = self.payments.obey(self._rows.things[rows], command)
            self._steps[key] = (self._rows.of(found.rows), frozenset(map(self._words.of, found.says)))
        return self._steps[key]

    def _asks(self, rows: int, hand: int) -> int | None:
        key = ("asks", rows, hand)
        if key not in self._steps:
            call = self.payments.asks(self._rows.things[rows], HANDS[hand])
            self._steps[key] = None if call is None else self._calls.of(call)
        return self._steps[key]

    def _call(self, provider: int, call: int) -> tuple[int, Any]:
        key = ("call", provider, call)
        if key not in self._steps:
            after, reply = self._providers.things[provider].answer(self._calls.things[call])
            self._steps[key] = (self._providers.of(after), reply)
        return self._steps[key]

    def _asking(self, shop: Shop, hand: int, call: int, provider: int, reply: Any) -> Shop:
        key = ("asking", shop.rows, hand, call, repr(reply))
        if key not in self._steps:
            asked = Asked(self._rows.things[shop.rows], self._calls.things[call], reply)
            self._steps[key] = self._asked.of(Known(repr(asked), hand, asked))
        asked = (self._steps[key], shop.asked[1]) if hand == 0 else (shop.asked[0], self._steps[key])
        return shop._replace(asked=asked, provider=provider)

    def _concluded(self, shop: Shop, hand: int) -> Shop:
        key = ("conclude", shop.rows, shop.asked[hand])
        if key not in self._steps:
            asked = self._asked.things[shop.asked[hand]].asked
            found = self.payments.conclude(asked, self._rows.things[shop.rows], HANDS[hand])
            self._steps[key] = (self._rows.of(found.rows), frozenset(map(self._words.of, found.says)))
        rows, says = self._steps[key]
        return self._free(shop, hand)._replace(rows=rows, said=shop.said | says)

    def _forgotten(self, shop: Shop, hand: int) -> Shop:
        """Whoever takes over finds a lease that was never given back."""
        freed = self._free(shop, hand)
        rows = self.rows(shop)
        if hand == 0 and rows.payment is not None:
            return freed._replace(rows=self._rows.of(replace(rows, payment=rows.payment.look())))
        return freed

    def _free(self, shop: Shop, hand: int) -> Shop:
        return shop._replace(asked=(0, shop.asked[1]) if hand == 0 else (shop.asked[0], 0))


@dataclass(frozen=True)
class Known:
    """A call under way, told from another by its text: exceptions only equal themselves."""

    text: str
    hand: int
    asked: Asked = field(compare=False)


LINES = ({"sku": "MUG", "quantity": 1},)
