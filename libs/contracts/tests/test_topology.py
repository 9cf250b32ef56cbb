"""The topology as a file: what is in it, and that the committed one is this one."""

import json
import re
from pathlib import Path

import pytest
from contracts.rabbitmq import RUNGS_MS, SERVICES, definitions, rights
from contracts.topology import LISTENERS, SPEAKERS
from contracts.user import SessionsRevoked

MADE = definitions()
QUEUES = [queue["name"] for queue in MADE["queues"]]
EXCHANGES = [exchange["name"] for exchange in MADE["exchanges"]]
COMMITTED = Path(__file__).parents[3] / "deploy/rabbitmq/definitions.json"


def test_the_committed_file_is_made_from_the_contracts() -> None:
    assert json.loads(COMMITTED.read_text()) == MADE, (
        "run: python -m contracts.rabbitmq > deploy/rabbitmq/definitions.json"
    )


def test_every_queue_is_a_durable_quorum_queue_and_carries_nothing_else() -> None:
    for queue in MADE["queues"]:
        assert (queue["durable"], queue["auto_delete"]) == (True, False), queue["name"]
        assert queue["arguments"] == {"x-queue-type": "quorum"}, queue["name"]
    assert len(QUEUES) == len(set(QUEUES))


def test_every_exchange_is_durable() -> None:
    assert all(each["durable"] and not each["auto_delete"] and not each["internal"] for each in MADE["exchanges"])
    assert len(EXCHANGES) == len(set(EXCHANGES))


def test_every_policy_is_about_one_queue_and_every_queue_has_one() -> None:
    policies = {policy["name"]: re.compile(policy["pattern"]) for policy in MADE["policies"]}
    found = {name: [queue for queue in QUEUES if pattern.search(queue)] for name, pattern in policies.items()}

    assert all(len(queues) == 1 for queues in found.values()), found
    assert sorted(queues[0] for queues in found.values()) == sorted(QUEUES)
    assert len(policies) == len(MADE["policies"])


def test_no_queue_is_left_to_the_broker_s_own_delivery_limit() -> None:
    limited = {name for name in QUEUES if ".retry." not in name}
    with_limit = {
        queue
        for policy in MADE["policies"]
        if "delivery-limit" in policy["definition"]
        for queue in QUEUES
        if re.search(policy["pattern"], queue)
    }

    assert with_limit == limited


def test_what_a_listener_hears_comes_into_its_work_queue_and_nowhere_else() -> None:
    bound = {(each["source"], each["routing_key"], each["destination"]) for each in MADE["bindings"]}
    events = {each for each in bound if each[0].endswith((".events", ".commands"))}

    assert events == {
        (message.exchange, message.routing_key(), f"{service}.work")
        for service, messages in LISTENERS.items()
        for message in messages
    }


@pytest.mark.parametrize("service", ["user", "product", "order", "payment", "notification"])
def test_every_service_hears_which_sessions_have_ended(service) -> None:
    assert SessionsRevoked in LISTENERS[service]


def test_every_rung_leads_back_to_its_own_queue_and_loses_nothing_on_the_way() -> None:
    for service in LISTENERS:
        for rung, milliseconds in RUNGS_MS.items():
            [policy] = [each for each in MADE["policies"] if each["name"] == f"{service}-retry-{rung}"]
            assert policy["definition"] == {
                "dead-letter-exchange": "",
                "dead-letter-routing-key": f"{service}.work",
                "dead-letter-strategy": "at-least-once",
                "overflow": "reject-publish",
                "max-length": 500_000,
                "message-ttl": milliseconds,
            }


def test_the_work_queues_have_what_was_agreed() -> None:
    for service in LISTENERS:
        [policy] = [each for each in MADE["policies"] if each["name"] == f"{service}-work"]
        assert policy["definition"] == {
            "delivery-limit": 100,
            "dead-letter-exchange": f"{service}.dlx",
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
            "max-length": 500_000,
        }


def test_every_binding_is_between_things_that_exist() -> None:
    for each in MADE["bindings"]:
        assert each["source"] in EXCHANGES
        assert each["destination"] in QUEUES


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_write_what_it_speaks_on_and_read_its_own(service) -> None:
    may = rights(service)
    spoken = {message.exchange for message in SPEAKERS.get(service, ())} | {f"{service}.internal"}

    assert {name for name in EXCHANGES if re.search(may["write"], name)} == spoken
    assert {name for name in QUEUES if re.search(may["read"], name)} == {
        name for name in QUEUES if name in {f"{service}.work", f"{service}.dead", f"{service}.epoch"}
    }
    assert not any(re.search(may["configure"], name) for name in (*QUEUES, *EXCHANGES))


def test_passwords_are_never_in_the_committed_file_and_never_plain() -> None:
    secret = definitions(passwords={service: f"secret-of-{service}" for service in SERVICES})

    assert "users" not in MADE
    assert "secret-of" not in json.dumps(secret)
    assert {user["name"] for user in secret["users"]} == set(SERVICES)
    assert all(user["tags"] == [] for user in secret["users"])
