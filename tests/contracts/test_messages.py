"""Every message has one speaker and at least one listener, and a shape that never breaks inside a version."""

import json
from pathlib import Path
from typing import Any

import pytest
from contracts import order, payment, product, user
from contracts.message import Message
from contracts.topology import LISTENERS, SPEAKERS, bindings

RELEASED = Path(__file__).parent / "released"
EVERY = sorted({each for said in SPEAKERS.values() for each in said}, key=lambda each: each.__name__)
ABSTRACT = {"Message"}


def declared() -> set[type[Message]]:
    """All concrete message classes of the four speakers' modules."""
    return {
        thing
        for module in (order, payment, product, user)
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, Message)
        and not thing.__name__.endswith(("Event", "Command"))
        and thing.__name__ not in ABSTRACT
    }


def test_every_message_is_said_by_exactly_one_service() -> None:
    said = [each for messages in SPEAKERS.values() for each in messages]
    assert set(said) == declared()
    assert len(said) == len(set(said))


def test_every_message_says_the_service_that_says_it() -> None:
    assert {(each.source, each) for each in EVERY} == {
        (service, each) for service, messages in SPEAKERS.items() for each in messages
    }


def test_every_message_is_heard_by_somebody() -> None:
    heard = {each for messages in LISTENERS.values() for each in messages}
    assert heard == declared()


def test_events_travel_on_their_owners_exchange_and_commands_on_their_obeyers() -> None:
    for each in EVERY:
        owner = each.exchange.split(".")[0]
        if each.exchange.endswith(".commands"):
            assert bindings()[each.exchange, each.routing_key()] == {owner}
        else:
            assert owner == each.source


def breaks(old: dict[str, Any], new: dict[str, Any], where: str = "") -> list[str]:
    """Why a listener or a message in flight would notice that `old` became `new`."""
    found = []
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    found += [f"{where}{name} is gone" for name in old_fields if name not in new_fields]
    added = set(new.get("required", [])) - set(old.get("required", []))
    found += [f"{where}{name} is required now, and messages in flight lack it" for name in sorted(added)]
    freed = set(old.get("required", [])) - set(new.get("required", []))
    found += [f"{where}{name} may be missing now, and listeners count on it" for name in sorted(freed)]
    for name in old_fields.keys() & new_fields.keys():
        found += [
            f"{where}{name}: {key} changed"
            for key in ("type", "format", "$ref", "anyOf", "items", "enum", "const")
            if old_fields[name].get(key) != new_fields[name].get(key)
        ]
    for name in old.get("$defs", {}):
        found += breaks(old["$defs"][name], new.get("$defs", {}).get(name, {}), f"{name}.")
    return found


@pytest.mark.parametrize("message", EVERY, ids=lambda each: each.routing_key())
def test_a_released_shape_is_never_broken(message: type[Message]) -> None:
    released = RELEASED / f"{message.routing_key()}.json"
    assert released.exists(), f"new message: write its shape down with `make documents` ({released.name})"
    assert breaks(json.loads(released.read_text()), message.model_json_schema()) == []


def test_no_released_message_disappears() -> None:
    assert {file.stem for file in RELEASED.glob("*.json")} == {each.routing_key() for each in EVERY}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s["properties"].pop("amount"), "amount is gone"),
        (lambda s: s["properties"]["amount"].update(type="string"), "amount: type changed"),
        (lambda s: s["required"].append("vat"), "vat is required now, and messages in flight lack it"),
        (lambda s: s["required"].remove("amount"), "amount may be missing now, and listeners count on it"),
    ],
)
def test_the_guard_notices_a_breaking_change(change, why) -> None:
    old = payment.PaymentCaptured.model_json_schema()
    new = json.loads(json.dumps(old))
    change(new)
    assert why in breaks(old, new)


def test_the_guard_lets_an_optional_field_pass() -> None:
    old = payment.PaymentCaptured.model_json_schema()
    new = json.loads(json.dumps(old))
    new["properties"]["note"] = {"type": "string", "default": ""}
    assert breaks(old, new) == []
