"""What the logs tell, and what they never do."""

import logging as stdlib_logging
from dataclasses import dataclass
from uuid import uuid4

import pytest
from chassis import logging, tracing
from chassis.logging import MASK

NAMES = ("password", "new_password", "refresh_token", "Authorization", "card_number", "SECRET")
FACTS = ("fact", "nested", "several", "key", "paid_with", "person", "body", "name", "text", *NAMES)
EVENTS = {
    "happened": dict.fromkeys(FACTS, object),
    "failed": {},
    "later": {},
    "order.placed": {"order_id": str, "number": str, "ean": str, "facts": dict},
}

log = logging.get_logger("tests", EVENTS)

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@dataclass
class Person:
    email: str


SECRETS = {
    "an address": "ada.lovelace+shop@mail.example.co.uk",
    "a card": "4111111111111111",
    "a card with spaces": "4111 1111 1111 1111",
    "a card with dashes": "5555-5555-5555-4444",
    "a card of the 2 series": "2223003122003222",
    "a card of fifteen digits": "3782 822463 10005",
    "a token": JWT,
    "a header": "Bearer abcdefghijklmnop",
    "a provider's key": "sk_live_51H8abcdefghijkl",
    "a webhook's secret": "whsec_abcdefghijkl",
    "a URL": "user:pass-word",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_is_masked_wherever_it_stands(logged, secret) -> None:
    text = f"amqp://{secret}@broker:5672/" if secret == SECRETS["a URL"] else f"it is {secret}, you see"

    log.error("happened", fact=text, nested={"deep": [{"er": (text,)}]}, several={text}, key={text: 1})
    try:
        raise LookupError(text)
    except LookupError as fault:
        log.error("failed", exc_info=fault)
    stdlib_logging.getLogger("some.library").warning("it said %s", text)

    lines = logged()
    assert len(lines) == 3
    assert secret not in str(lines)
    assert MASK in lines[0]["fact"]


def test_a_card_is_masked_as_a_number_and_an_object_by_what_it_would_say(logged) -> None:
    log.info("happened", paid_with=4111111111111111, person=Person("ada@example.com"))

    [line] = logged()
    assert line["paid_with"] == MASK
    assert line["person"] == f"Person(email='{MASK}')"


@pytest.mark.parametrize("name", NAMES)
def test_a_field_with_a_secret_name_is_masked_at_any_depth(logged, name) -> None:
    log.info("happened", **{name: "hunter2"}, body={"a": [{name: "hunter2"}]})

    [line] = logged()
    assert line[name] == MASK
    assert line["body"] == {"a": [{name: MASK}]}


def test_what_is_no_secret_stays_as_it_is(logged) -> None:
    order, facts = uuid4(), {"count": 3, "ratio": 0.5, "none": None, "yes": True, "at": 1764000000000000}
    log.info("order.placed", order_id=str(order), number="M-7K3Q-92TD", ean="4006381333931", facts=facts)

    [line] = logged()
    assert (line["event"], line["order_id"], line["number"]) == ("order.placed", str(order), "M-7K3Q-92TD")
    assert (line["ean"], line["facts"]) == ("4006381333931", facts)
    assert (line["level"], line["service"], line["room"]) == ("info", "tested", "tests")
    assert line["timestamp"].endswith("Z")


def test_a_line_break_in_a_fact_is_no_new_line(logged) -> None:
    log.info("happened", name='x\r\n{"event": "forged"}\u2028')

    assert len(logged()) == 1


def test_a_book_in_a_fact_is_cut(logged) -> None:
    log.info("happened", text="a@" * 500_000)

    [line] = logged()
    assert len(line["text"]) < 20_000
    assert line["text"].endswith("(1000000 characters)")


def test_a_line_carries_its_trace_and_what_was_bound(logged) -> None:
    tracing.install()
    logging.bind(message_id="m-1")
    with tracing.span("test", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        log.info("happened")
    logging.unbind()
    log.info("later")

    first, second = logged()
    assert (first["trace_id"], first["message_id"]) == ("0af7651916cd43dd8448eb211c80319c", "m-1")
    assert "message_id" not in second
    assert "trace_id" not in second


def test_a_fact_that_nobody_declared_is_not_written_and_one_of_another_kind_is_named_by_it(logged) -> None:
    log.info("order.placed", order_id=uuid4(), number="M-1", secret_sauce="mustard", note="for Ada")
    log.info("nobody.declared", fact="Ada")

    placed, unknown = logged()
    assert (placed["order_id"], placed["number"]) == ("UUID", "M-1")
    assert "Ada" not in str((placed, unknown))
    assert "mustard" not in str(placed)
    assert unknown["event"] == "nobody.declared"


def test_a_pseudonym_is_the_same_each_time_and_not_who_it_is() -> None:
    somebody, another = uuid4(), uuid4()

    assert logging.pseudonym(somebody) == logging.pseudonym(somebody) != logging.pseudonym(another)
    assert str(somebody) not in logging.pseudonym(somebody)
