"""What is broken on purpose, and which test, by its node id, must fail on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATCHES = Path(__file__).with_name("patches")
DUTIES = (
    *("no dedupe", "ack before commit", "no confirm", "no unique key", "cursor outbox", "capture before commit"),
    *("release ignores COMMITTED", "final before the provider's word", "refund under a new key"),
    *("VOIDED on a retrieved unconfirmed", "skip void", "Redis as truth", "retry without budget"),
    *("no drain on SIGTERM", "check-then-act stock"),
)
"""What any shop of this kind must see through."""
SCARS = (*(f"S{number}" for number in range(1, 16)), "+")
"""What has gone wrong elsewhere: each has its test in `tests/scars`, and here a variant as it was written there."""

SCAR = "tests/scars/"
CHASSIS = "libs/chassis/tests/"
PRODUCT = "services/product/tests/stock/"
ORDER = "services/order/tests/"
PAYMENT = "services/payment/tests/use_cases/"
NOTIFICATION = "services/notification/tests/"
SIMULATION = "tests/simulation/test_seeds.py::test_every_invariant_holds_on_every_seed"


@dataclass(frozen=True, slots=True)
class Mutant:
    killed_by: str
    duty: str | None = None
    scar: str | None = None
    simulated: bool = False
    """The simulation must notice it, too, within the seeds that `make test` takes."""


MUTANTS: Mapping[str, Mutant] = {
    "no-dedupe": Mutant(
        NOTIFICATION + "use_cases/test_owe_mail.py::test_hearing_an_event_again_does_not_queue_what_was_sent",
        duty="no dedupe",
        simulated=True,
    ),
    "ack-before-commit": Mutant(
        CHASSIS + "test_broker.py::test_a_message_that_never_heals_is_dead_after_its_attempts[rabbit]",
        duty="ack before commit",
    ),
    "no-confirm": Mutant(
        CHASSIS + "test_broker.py::test_a_message_that_nobody_takes_is_not_confirmed[rabbit]", duty="no confirm"
    ),
    "no-unique-key": Mutant(
        SCAR + "test_same_key.py::test_fifty_at_once_with_one_key_for_two_carts_buy_one_of_them", duty="no unique key"
    ),
    "cursor-outbox": Mutant(
        SCAR + "test_lost_messages.py::test_what_commits_late_is_not_passed_over", duty="cursor outbox", scar="S13"
    ),
    "capture-before-commit": Mutant(
        SCAR + "test_paid_without_goods.py::test_money_is_taken_only_for_goods_that_are_set_aside",
        duty="capture before commit",
        scar="S9",
        simulated=True,
    ),
    "release-ignores-committed": Mutant(
        PRODUCT + "test_hold_rules.py::test_what_a_cancelled_sale_gives_back_can_be_sold_again[memory]",
        duty="release ignores COMMITTED",
        simulated=True,
    ),
    "final-before-the-providers-word": Mutant(
        PAYMENT
        + "test_settling_payments.py::test_a_decline_is_not_announced_while_the_cancellation_is_unknown[memory]",
        duty="final before the provider's word",
    ),
    "refund-under-a-new-key": Mutant(
        PAYMENT + "test_refunding.py::test_many_lost_answers_in_a_row_pay_nobody_twice[memory]",
        duty="refund under a new key",
        simulated=True,
    ),
    "voided-on-a-retrieved-unconfirmed": Mutant(
        PAYMENT + "test_misbehaviour.py::test_a_void_is_announced_only_when_the_cancellation_has_been_heard_of[memory]",
        duty="VOIDED on a retrieved unconfirmed",
    ),
    "skip-void": Mutant(
        ORDER + "use_cases/test_cancel_order.py::test_what_has_been_done_is_taken_back[AUTHORIZED]",
        duty="skip void",
        simulated=True,
    ),
    "redis-as-truth": Mutant(
        SCAR + "test_same_key.py::test_without_a_cache_orders_are_taken_all_the_same", duty="Redis as truth"
    ),
    "retry-without-budget": Mutant(
        CHASSIS + "test_http.py::test_retries_end_when_their_budget_does", duty="retry without budget"
    ),
    "no-drain-on-sigterm": Mutant(
        CHASSIS + "test_process.py::test_the_api_leaves_in_order_and_whoever_is_inside_is_served_to_the_end",
        duty="no drain on SIGTERM",
    ),
    "check-then-act-stock": Mutant(
        PRODUCT + "test_races.py::test_of_fifty_who_want_the_last_unit_one_gets_it_in_every_round",
        duty="check-then-act stock",
    ),
    "S1-two-orders-for-one-unit": Mutant(
        SCAR + "test_last_unit.py::test_the_last_unit_makes_one_order_and_leaves_no_orphan", scar="S1"
    ),
    "S2-each-line-weighed-alone": Mutant(
        SCAR + "test_oversold.py::test_two_lines_of_one_article_are_weighed_together", scar="S2"
    ),
    "S3-reserved-is-read-added-and-written": Mutant(
        SCAR + "test_oversold.py::test_fifty_who_reserve_at_once_are_all_counted", scar="S3"
    ),
    "S4-webhook-books-the-capture-too": Mutant(
        SCAR + "test_double_capture.py::test_a_capture_and_its_webhook_at_once_take_the_money_once",
        scar="S4",
        simulated=True,
    ),
    "S5-a-repeat-starts-a-second-intent": Mutant(
        SCAR + "test_double_capture.py::test_a_checkout_that_is_sent_and_announced_again_and_again_has_one_intent",
        scar="S5",
        simulated=True,
    ),
    "S6-the-cache-knows-the-key": Mutant(
        SCAR + "test_same_key.py::test_fifty_at_once_with_one_key_have_one_effect", scar="S6"
    ),
    "S7-no-constraint": Mutant(
        SCAR + "test_oversold.py::test_two_buyers_of_one_unit_never_make_less_than_nothing", scar="S7"
    ),
    "S8-on-hand-is-read-added-and-written": Mutant(
        SCAR + "test_oversold.py::test_deliveries_at_once_are_all_on_the_shelf", scar="S8"
    ),
    "S10-published-by-whoever-wrote-it": Mutant(
        SCAR + "test_lost_messages.py::test_what_was_decided_by_a_process_that_died_is_said_by_the_next", scar="S10"
    ),
    "S11-what-throws-is-done": Mutant(
        SCAR + "test_failing_handlers.py::test_a_handler_that_throws_three_times_has_its_effect_once", scar="S11"
    ),
    "S12-less-than-was-wanted": Mutant(
        SCAR + "test_oversold.py::test_who_wants_more_than_there_is_gets_nothing_rather_than_less", scar="S12"
    ),
    "S12-a-repeat-sells-again": Mutant(
        SCAR + "test_oversold.py::test_a_sale_that_is_delivered_again_and_again_is_one_sale",
        scar="S12",
        simulated=True,
    ),
    "S14-returned-without-an-error": Mutant(
        SCAR + "test_lost_messages.py::test_a_message_that_no_queue_takes_is_refused_aloud", scar="S14"
    ),
    "S15-put-back-for-ever": Mutant(
        SCAR + "test_failing_handlers.py::test_poison_leaves_after_its_tries_and_holds_up_nobody", scar="S15"
    ),
    "S15-nobody-counts-the-deaths": Mutant(
        SCAR + "test_failing_handlers.py::test_poison_that_kills_its_consumer_leaves_too", scar="S15"
    ),
    "plus-a-webhook-fault-is-swallowed": Mutant(
        SCAR + "test_second_checkout.py::test_a_webhook_that_we_failed_on_is_refused_and_comes_again", scar="+"
    ),
    "plus-a-cart-is-bought-twice": Mutant(
        SCAR + "test_second_checkout.py::test_a_cart_is_bought_once_however_often_it_is_sent_under_new_keys", scar="+"
    ),
    "marked-before-it-left": Mutant(SIMULATION),
    "refused-counts-as-sent": Mutant(SIMULATION),
    "a-wiped-broker-is-not-noticed": Mutant(SIMULATION),
    "no-sweeper": Mutant(SIMULATION),
    "the-customer-never-gives-up": Mutant(SIMULATION),
    "cancelled-without-compensation": Mutant(SIMULATION),
    "one-leg-is-enough": Mutant(SIMULATION),
    "no-compare-and-swap": Mutant(SIMULATION),
}


def patch_of(name: str) -> Path:
    return PATCHES / f"{name}.patch"
