"""Who may do what: the table of a service's public routes, and the one dependency that enforces it.

One line of `authz.yaml` is one route. What the table does not name is not built, so nothing is open by accident.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, cast, get_args

import yaml
from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from chassis import auth, callers
from chassis.log_events import EVENTS
from chassis.logging import get_logger, pseudonym
from chassis.problems import route_of

Kind = Literal["anonymous", "customer", "support", "admin"]
Ownership = Literal["none", "principal"]
Route = tuple[str, str]
"""Method and path, as the router has them."""

KINDS = frozenset(get_args(Kind))
OWNERSHIPS = frozenset(get_args(Ownership))
COLUMNS = frozenset({"who", "ownership", "writes", "money"})

log = get_logger("chassis.authz", EVENTS)


class WrongTable(Exception):
    """The table and the routes do not say the same; no app is built of them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One route's line."""

    who: frozenset[str]
    """`anonymous`: without a token. `customer`: everybody who is signed in. Others: by role."""
    ownership: str = "none"
    """`principal`: a thing of somebody else answers like one that does not exist."""
    writes: frozenset[str] = frozenset()
    """The fields that a client may send."""
    money: bool = False
    """An order or a payment hangs on it: when more come than can be served, it is sent away last."""

    @property
    def reads_token(self) -> bool:
        """Where nobody but `anonymous` is named, a token is not even looked at."""
        return self.who != {"anonymous"}

    @property
    def is_for_staff(self) -> bool:
        return self.who.isdisjoint({"anonymous", "customer"})

    def lets_in(self, caller: auth.Principal | None) -> bool:
        if caller is None:
            return "anonymous" in self.who
        return "customer" in self.who or caller.has(*self.who)


Table = Mapping[Route, Rule]


def read_table(package: str) -> Table:
    """The `authz.yaml` of a package."""
    return parse(files(package).joinpath("authz.yaml").read_text())


def parse(text: str) -> Table:
    """Raises WrongTable for a line that is not understood, or comes twice."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = yaml.safe_load(text)
    if not isinstance(lines, dict) or not isinstance(node, yaml.MappingNode):
        raise WrongTable("not a table")
    # YAML itself would let the last of two lines win.
    if len(node.value) != len(lines):
        raise WrongTable("a route is named twice")
    return {_route(name): _rule(name, line) for name, line in lines.items()}


def _route(name: Any) -> Route:
    method, _, path = str(name).partition(" ")
    if not path.startswith("/") or method != method.upper():
        raise WrongTable(f"{name}: not METHOD /path")
    return method, path


def _rule(name: str, line: Any) -> Rule:
    if not isinstance(line, dict) or not line.keys() <= COLUMNS:
        raise WrongTable(f"{name}: not one of {', '.join(sorted(COLUMNS))}")
    who, ownership, writes = line.get("who"), line.get("ownership", "none"), line.get("writes", [])
    if not isinstance(who, list) or not who or not KINDS.issuperset(who):
        raise WrongTable(f"{name}: who is not a list of {', '.join(sorted(KINDS))}")
    if ownership not in OWNERSHIPS or not isinstance(writes, list):
        raise WrongTable(f"{name}: ownership or writes not understood")
    if "customer" in who and "{" in name and "ownership" not in line:
        raise WrongTable(f"{name}: whose is what the path names?")
    money = line.get("money", False)
    if not isinstance(money, bool):
        raise WrongTable(f"{name}: money is true or false")
    return Rule(frozenset(who), ownership, frozenset(map(str, writes)), money)


def enforce(table: Table, routers: Sequence[APIRouter]) -> Callable[[Request], Awaitable[None]]:
    """The dependency for an app of these routers. Raises WrongTable unless table and routes are the same."""
    found = {(method, route.path): route for route in _routes(routers) for method in route.methods or ()}
    wrong = [f"{method} {path}: not declared" for method, path in sorted(found.keys() - table.keys())]
    wrong += [f"{method} {path}: declared, but does not exist" for method, path in sorted(table.keys() - found.keys())]
    wrong += [
        f"{method} {path}: {says}"
        for method, path in found.keys() & table.keys()
        for says in _differences(table[method, path], found[method, path])
    ]
    if wrong:
        raise WrongTable("; ".join(sorted(wrong)))

    async def authorise(request: Request) -> None:
        rule = table[request.method, cast(APIRoute, request.scope["route"]).path]
        if not rule.reads_token:
            return
        caller = await callers.caller_of(request)
        if not rule.lets_in(caller):
            raise auth.NotSignedIn if caller is None else auth.NotAllowed
        if caller is not None and rule.is_for_staff and request.method != "GET":
            route = f"{request.method} {route_of(request.scope)}"
            log.info("security.staff_act", route=route, user=pseudonym(caller.user_id), roles=sorted(caller.roles))

    return authorise


def _routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise WrongTable(f"{route}: only plain routes can be declared")
            yield route


def _differences(rule: Rule, route: APIRoute) -> Iterator[str]:
    takes = set(_calls(route.dependant))
    signed_in = callers.signed_in in takes
    if rule.reads_token != (signed_in or callers.perhaps_signed_in in takes):
        yield "the handler and the table do not agree on whether a token is read"
    elif rule.reads_token and signed_in == ("anonymous" in rule.who):
        yield "the handler and the table do not agree on anonymous callers"
    fields = _writable(route)
    if fields != rule.writes:
        yield f"writes {sorted(fields)}, not {sorted(rule.writes)}"


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _writable(route: APIRoute) -> frozenset[str]:
    """The fields of the body, as a client writes them."""
    if route.body_field is None:
        return frozenset()
    model = route.body_field.field_info.annotation
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        raise WrongTable(f"{route.path}: a body that is no model has no fields to declare")
    return frozenset(field.alias or name for name, field in model.model_fields.items())
