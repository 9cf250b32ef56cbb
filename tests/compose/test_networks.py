"""Who can reach whom: nobody but those who are declared, by name and by address."""

import json

import pytest

from tests.compose.stack import LABEL, Stack

PORTS = {
    **dict.fromkeys(("user", "product", "order", "payment", "notification"), (8000, 8001)),
    **{f"{each}-worker": (8002,) for each in ("user", "product", "order", "payment", "notification")},
    "storefront": (8000, 8001),
    "gateway": (8080, 8081, 9900, 9901),
    "postgres": (5432,),
    "mongo": (27017,),
    "rabbitmq": (5672, 15672, 4369, 25672),
    "valkey": (6379,),
    "psp": (8000,),
    "mail": (8000, 2525),
    "phone": (8000,),
    "collector": (4318,),
    "door": (8000,),
}
TABLES, DOCUMENTS, BROKER, COUNTERS, SPANS = "postgres", "mongo", "rabbitmq", "valkey", "collector"

# Whoever shares a service's stores with it, its worker, is no stranger: it is the same house.
HOUSES = {
    "user": {TABLES, BROKER, COUNTERS, SPANS},
    "product": {TABLES, BROKER, SPANS},
    "order": {DOCUMENTS, BROKER, COUNTERS, SPANS},
    "payment": {TABLES, BROKER, SPANS},
    "notification": {DOCUMENTS, BROKER, SPANS},
}
CALLS = {
    "user": set(),
    "product": {"user"},
    "order": {"user", "product"},
    "payment": {"user", "psp"},
    "notification": {"user"},
    "payment-worker": {"psp"},
    "notification-worker": {"mail", "phone"},
}
"""Beyond its own house. Answers go both ways on a network: who calls can be called back by those it calls."""
GATES = {"gateway", "door"}
"""Everybody's API stands on one network with these two; the storefront with the first alone."""
STOREFRONT = "storefront"

ASK = """
import asyncio, json, sys
async def ask(host, port):
    try:
        async with asyncio.timeout(1.5):
            reader, writer = await asyncio.open_connection(host, port)
        writer.close()
        return True
    except (OSError, TimeoutError):
        return False
async def main():
    asked = json.load(sys.stdin) if len(sys.argv) < 2 else json.loads(sys.argv[1])
    found = await asyncio.gather(*(ask(host, port) for _, host, port in asked))
    print(json.dumps(sorted({each[0] for each, answers in zip(asked, found) if answers})))
asyncio.run(main())
"""


def peers(container: str) -> set[str]:
    """Whom this container may reach, itself included."""
    house = container.removesuffix("-worker")
    if house == STOREFRONT:
        return {STOREFRONT, "gateway", SPANS}
    rooms = {house, f"{house}-worker"}
    callers = {each for each, called in CALLS.items() if container in called}
    gates = GATES if container == house else set()
    return rooms | HOUSES[house] | CALLS.get(container, set()) | callers | gates


@pytest.mark.parametrize("container", [*(f"{each}{room}" for each in HOUSES for room in ("", "-worker")), STOREFRONT])
def test_only_declared_peers_answer(stack: Stack, container: str) -> None:
    asked = [
        (each.service, host, port)
        for each in stack.staying
        for host in {each.service, *each.addresses.values()}
        for port in PORTS[each.service]
    ]
    answered = json.loads(stack.sh(stack.one(container), ASK, json.dumps(asked)))
    assert set(answered) == peers(container)


def test_nobody_but_the_gateway_stands_on_a_network_that_leads_outside(stack: Stack) -> None:
    """Asked of the engine: where there is no internet, trying would prove nothing."""
    ids = stack.docker("network", "ls", "--quiet", f"--filter=label={LABEL}.project={stack.project}").split()
    networks = json.loads(stack.docker("network", "inspect", *ids))
    assert len(networks) > 15
    leads_outside = {each["Name"] for each in networks if not each["Internal"]}

    assert leads_outside == {f"{stack.project}_edge"}
    assert {each.service for each in stack.containers() if leads_outside & each.networks} == {"gateway"}
