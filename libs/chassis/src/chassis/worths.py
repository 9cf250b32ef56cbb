"""What a request is worth, by its line in the table of routes."""

from starlette.routing import compile_path

from chassis.admission import Worth
from chassis.authz import Rule, Table


def worth_of(method: str, rule: Rule) -> Worth:
    if rule.money:
        return Worth.MONEY
    if rule.is_for_staff:
        return Worth.REPORT if method == "GET" else Worth.OWN
    return Worth.LOOKING if rule.who == {"anonymous"} and method == "GET" else Worth.OWN


class Worths:
    """Tells a request's worth before it is routed."""

    def __init__(self, table: Table) -> None:
        worths = {(method, path): worth_of(method, rule) for (method, path), rule in table.items()}
        self._exact = {route: worth for route, worth in worths.items() if "{" not in route[1]}
        self._patterns = [
            (method, compile_path(path)[0], worth)
            for (method, path), worth in worths.items()
            if "{" in path and worth is not Worth.OWN
        ]

    def of(self, method: str, path: str) -> Worth:
        found = self._exact.get((method, path))
        if found is not None:
            return found
        for wanted, pattern, worth in self._patterns:
            if wanted == method and pattern.match(path):
                return worth
        return Worth.OWN
