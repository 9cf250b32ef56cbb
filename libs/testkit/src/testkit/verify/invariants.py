"""The invariants of the shop at rest. Each answers with its violations; none means that it holds."""

from collections import Counter
from collections.abc import Callable, Iterator

from testkit.verify.facts import Facts
from testkit.verify.journal import Journal
from testkit.verify.money import (
    cancelled_means_nothing_is_kept,
    confirmed_means_paid_once,
    never_charged_without_goods,
    the_books_balance,
    the_provider_agrees,
)
from testkit.verify.orders import (
    a_key_buys_once,
    acknowledged_is_stored,
    history_is_a_path,
    no_order_is_stuck,
    totals_add_up,
)
from testkit.verify.stock import nothing_is_oversold, reserved_is_the_sum_of_holds, stock_is_the_sum_of_its_ledger
from testkit.verify.telling import a_confirmation_is_mailed_once, every_message_has_its_effect

FOR_PROGRAMS = ("/api/", "/.well-known/", "/dev/")
STATUSES = {400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 422, 429, 431, 503, 504}


def one_live_token_per_family(facts: Facts) -> Iterator[str]:
    """I17: a family of refresh tokens has at most one that can still be used."""
    live = Counter(each["family"] for each in facts["refresh_token"] if each["live"])
    for family, count in live.items():
        if count > 1:
            yield f"family {family} has {count} live tokens"


def only_declared_statuses(_facts: Facts, journal: Journal) -> Iterator[str]:
    """I19: every answer had a declared status, and every refusal was a problem+json, or a page where people look."""
    for answer in journal.answers:
        status = answer["status"]
        if not 200 <= status < 300 and status != 304 and status not in STATUSES:
            yield f"{answer['method']} {answer['path']} answered {status}"
        elif status >= 400 and answer.get("content_type") not in _refusals_may_be(answer["path"]):
            yield f"{answer['method']} {answer['path']} answered {status} as {answer.get('content_type')}"


def _refusals_may_be(path: str) -> set[str]:
    """Pages are refused by the gateway too, in the words that it has for everybody."""
    return {"application/problem+json"} | (set() if path.startswith(FOR_PROGRAMS) else {"text/html"})


AT_REST: dict[str, Callable[[Facts], Iterator[str]]] = {
    "I1": stock_is_the_sum_of_its_ledger,
    "I2": reserved_is_the_sum_of_holds,
    "I3": nothing_is_oversold,
    "I4": confirmed_means_paid_once,
    "I4a": never_charged_without_goods,
    "I5": the_provider_agrees,
    "I6": the_books_balance,
    "I7": no_order_is_stuck,
    "I8": cancelled_means_nothing_is_kept,
    "I10": a_key_buys_once,
    "I11": every_message_has_its_effect,
    "I12": a_confirmation_is_mailed_once,
    "I13": totals_add_up,
    "I15": history_is_a_path,
    "I17": one_live_token_per_family,
}
WITH_JOURNAL: dict[str, Callable[[Facts, Journal], Iterator[str]]] = {
    "I9": acknowledged_is_stored,
    "I10": a_key_buys_once,
    "I13": totals_add_up,
    "I19": only_declared_statuses,
}


def check(facts: Facts, journal: Journal | None = None, *, resends: int = 0) -> dict[str, list[str]]:
    """Every invariant that can be checked, with its violations."""
    found = {name: list(invariant(facts)) for name, invariant in AT_REST.items()}
    found["I12"] = list(a_confirmation_is_mailed_once(facts, resends))
    if journal is not None:
        found |= {name: list(invariant(facts, journal)) for name, invariant in WITH_JOURNAL.items()}
    return found


def assert_holds(facts: Facts, journal: Journal | None = None, *, resends: int = 0) -> None:
    """For tests: fails with every violation, one a line."""
    found = check(facts, journal, resends=resends)
    violations = [f"{name}: {each}" for name, all_ in found.items() for each in all_]
    assert not violations, "\n".join(violations)
