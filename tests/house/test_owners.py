"""What a customer's request works on can read nothing without saying whose it must be.

From each route that a customer may use, through the use cases that it is given, to the ports that these hold: every
method that hands out something of this service's must demand an `owner`. What reads without one is on another port
(`AllOrders`, `AllAccounts`, `Payments`), which the saga, the workers and the staff are given.
"""

import dataclasses
import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import FunctionType
from typing import Any, Protocol, TypeAliasType, get_args, get_type_hints
from uuid import UUID

import pytest
from chassis.authz import Rule, read_table
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from order_service.domain.order import Order
from order_service.ports import AllOrders, Orders

SERVICES = ("user", "product", "order", "payment", "notification")
NO_STORES = {
    "order_service.ports.Products": "asks product for prices, which are everybody's",
    "payment_service.ports.Provider": "the payment provider: it is told which of our ids to look at, and asks nobody",
    "user_service.ports.Hasher": "says whether a password is right, of what it is given",
}
"""Ports behind which nothing of anybody's is kept."""


def for_customers(rule: Rule) -> bool:
    return rule.reads_token and "customer" in rule.who


def routes(service: str) -> list[APIRoute]:
    """All that a customer may use."""
    table, rooms = read_table(f"{service}_service.api"), import_module(f"{service}_service.api")
    routers = [import_module(f"{rooms.__name__}.{each.name}") for each in iter_modules(rooms.__path__)]
    public = [route for each in routers if hasattr(each, "router") for route in each.router.routes]
    named = [(route, table.get((method, route.path))) for route in public for method in route.methods]
    return [route for route, rule in named if rule is not None and for_customers(rule)]


def given(dependant: Dependant) -> Iterator[Any]:
    """The types of what a route is called with, and of what its dependencies are called with."""
    if isinstance(dependant.call, FunctionType):
        yield from get_type_hints(dependant.call).values()
    for each in dependant.dependencies:
        yield from given(each)


def is_protocol(found: type) -> bool:
    return bool(getattr(found, "_is_protocol", False))


def classes(annotation: Any) -> Iterator[type]:
    """Every class that an annotation mentions."""
    if isinstance(annotation, TypeAliasType):
        annotation = annotation.__value__
    if isinstance(annotation, type):
        yield annotation
    for each in get_args(annotation):
        for inner in each if isinstance(each, list) else [each]:
            yield from classes(inner)


def methods(port: type) -> Iterator[tuple[str, Any]]:
    for name in dir(port):
        found = inspect.getattr_static(port, name)
        function = found.fget if isinstance(found, property) else found
        if not name.startswith("_") and isinstance(function, FunctionType):
            yield name, function


def held(owner: type) -> Iterator[type]:
    """What an object of this class has in hand: its fields, or what its ports lead to."""
    if is_protocol(owner):
        annotations = [get_type_hints(function).get("return") for _, function in methods(owner)]
    elif dataclasses.is_dataclass(owner):
        annotations = list(get_type_hints(owner).values())
    else:
        annotations = [each for name, each in get_type_hints(owner.__init__).items() if name != "return"]
    for each in annotations:
        yield from classes(each)


def reached(start: Iterator[type], package: str) -> set[type]:
    """Every class of the service that one comes to from there."""
    waiting, seen = list(start), set[type]()
    while waiting:
        each = waiting.pop()
        if each in seen or not each.__module__.startswith((f"{package}.use_cases", f"{package}.ports")):
            continue
        seen.add(each)
        waiting += held(each)
    return seen


def unscoped(port: type, package: str) -> Iterator[str]:
    """The methods that hand out something and do not ask whose it must be. What is handed back was in hand before."""
    ours = (f"{package}.domain", f"{package}.ports")
    for name, function in methods(port):
        hints = get_type_hints(function)
        out = {each for each in classes(hints.pop("return", None)) if not is_protocol(each)}
        new = out - {each for annotation in hints.values() for each in classes(annotation)}
        if "owner" not in hints and any(each is Any or each.__module__.startswith(ours) for each in new):
            yield f"{port.__name__}.{name}"


def stores(found: set[type]) -> list[type]:
    ports = [each for each in found if is_protocol(each)]
    return [each for each in ports if f"{each.__module__}.{each.__name__}" not in NO_STORES]


@pytest.mark.parametrize("service", SERVICES)
def test_a_customers_request_reads_nothing_without_saying_whose(service: str) -> None:
    package, wrong, ports = f"{service}_service", set[str](), set[str]()

    for route in routes(service):
        start = [each for annotation in given(route.dependant) for each in classes(annotation)]
        found = stores(reached(iter(start), package))
        ports |= {each.__name__ for each in found}
        wrong |= {f"{route.path}: {name}" for port in found for name in unscoped(port, package)}

    assert sorted(wrong) == [], "give the use case the port that demands an owner"
    assert bool(ports) == (service != "product"), "nothing was looked at"


def test_the_rule_can_fail() -> None:
    @dataclasses.dataclass
    class SeeOrder:
        orders: AllOrders

    class Careless(Protocol):
        async def get(self, order_id: UUID) -> Order | None: ...

    [port] = held(SeeOrder)

    assert list(unscoped(port, "order_service")) == [
        "AllOrders.any",
        "AllOrders.claim_due",
        "AllOrders.facts",
        "AllOrders.figures",
        "AllOrders.found",
        "AllOrders.waiting",
    ]
    assert list(unscoped(Careless, "order_service")) == ["Careless.get"]
    assert list(unscoped(Orders, "order_service")) == []
