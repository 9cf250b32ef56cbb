"""What the tables of all services say of their public routes."""

import re

from chassis.authz import Route, read_table

SERVICES = ("user", "product", "order", "payment", "notification")
DECLARED = {route: (each, rule) for each in SERVICES for route, rule in read_table(f"{each}_service.api").items()}
OWNED = sorted(
    (route for route, (_, rule) in DECLARED.items() if rule.ownership == "principal"),
    key=lambda route: (route[0] == "DELETE", route),
)
"""Where something of somebody's is named; what takes it away comes last."""
PARAMETER = re.compile(r"\{(\w+)\}")


def anonymous_may(route: Route) -> bool:
    return "anonymous" in DECLARED[route][1].who
