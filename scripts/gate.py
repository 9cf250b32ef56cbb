"""Is a release well under what customers do? Asks Prometheus, and says so by its exit code, to pipelines and people.

0: it was well, as long as it was watched. 1: it was not. 3: nothing can be said: too few asked, or Prometheus gave no
answer. Nothing but the standard library, so that any Python runs it.
"""

import argparse
import json
import math
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

ANSWER_SECONDS = 10
UNITS = {"s": 1, "m": 60, "h": 3600}


class Verdict(IntEnum):
    WELL = 0
    ILL = 1
    INCONCLUSIVE = 3


class NoAnswer(Exception):
    """Prometheus did not say anything that can be used."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a release has to keep to, by all requests that its APIs answered within `window`."""

    window: str = "5m"
    least_requests: float = 50
    error_ratio: float = 0.01
    p95_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    requests: float
    error_ratio: float
    p95_seconds: float

    def __str__(self) -> str:
        errors = f"{self.error_ratio:.2%} of them answered with 5xx"
        return f"{self.requests:.0f} requests, {errors}, 95 % within {self.p95_seconds * 1000:.0f} ms"


def judge(seen: Seen, bounds: Bounds) -> Verdict:
    """Too few requests say nothing, whatever became of them."""
    if seen.requests < bounds.least_requests:
        return Verdict.INCONCLUSIVE
    if seen.error_ratio > bounds.error_ratio or seen.p95_seconds > bounds.p95_seconds:
        return Verdict.ILL
    return Verdict.WELL


def look(prometheus: str, namespace: str, window: str) -> Seen:
    """What Prometheus knows of the APIs in a namespace. Raises NoAnswer."""
    of = f'namespace="{namespace}"' if namespace else ""
    count = f"http_request_duration_seconds_count{{{of}}}"
    failed = f'http_request_duration_seconds_count{{{of}{"," if of else ""}status=~"5.."}}'
    buckets = f"http_request_duration_seconds_bucket{{{of}}}"
    requests = ask(prometheus, f"sum(increase({count}[{window}]))")
    if not requests:
        return Seen(0, 0, 0)
    errors = ask(prometheus, f"sum(increase({failed}[{window}]))") or 0.0
    p95 = ask(prometheus, f"histogram_quantile(0.95, sum by (le) (rate({buckets}[{window}])))")
    if p95 is None:
        raise NoAnswer("there are requests, and nobody knows how long they took")
    return Seen(requests, errors / requests, p95)


def ask(prometheus: str, query: str) -> float | None:
    """One number; None where there is none. Raises NoAnswer."""
    url = f"{prometheus.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    if not url.startswith(("http://", "https://")):
        raise NoAnswer(f"{prometheus!r} is no address of a Prometheus")
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - http or https, as seen above
            said = json.load(answer)
        found = said["data"]["result"]
        value = float(found[0]["value"][1]) if found else math.nan
    except (OSError, ValueError, KeyError, IndexError, TypeError) as problem:
        raise NoAnswer(f"{prometheus}: {problem}") from problem
    return None if math.isnan(value) else value


def watch(
    looks: Callable[[], Seen], bounds: Bounds, *, rounds: int, pause: Callable[[], None], tell: Callable[[str], None]
) -> Verdict:
    """Looks again and again. Being ill once decides; being well or inconclusive is said at the end."""
    verdict = Verdict.INCONCLUSIVE
    for each in range(rounds):
        if each:
            pause()
        try:
            seen = looks()
        except NoAnswer as problem:
            verdict = Verdict.INCONCLUSIVE
            tell(f"no answer: {problem}")
            continue
        verdict = judge(seen, bounds)
        tell(f"{verdict.name.lower()}: {seen}")
        if verdict is Verdict.ILL:
            return verdict
    return verdict


def seconds(text: str) -> int:
    """`5m` as 300."""
    found = re.fullmatch(r"(\d+)([smh])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 30s, 5m or 1h")
    return int(found[1]) * UNITS[found[2]]


def main(arguments: Sequence[str] | None = None) -> Verdict:
    given = Bounds()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", required=True, help="its address; empty says that there is none")
    parser.add_argument("--namespace", default="", help="of the release that is asked for")
    parser.add_argument("--watch", type=seconds, default=0, help="how long to look on: 5m")
    parser.add_argument("--every", type=seconds, default=30)
    parser.add_argument("--window", default=given.window)
    parser.add_argument("--least-requests", type=float, default=given.least_requests)
    parser.add_argument("--error-ratio", type=float, default=given.error_ratio)
    parser.add_argument("--p95-seconds", type=float, default=given.p95_seconds)
    told = parser.parse_args(arguments)

    return watch(
        lambda: look(told.prometheus, told.namespace, told.window),
        Bounds(told.window, told.least_requests, told.error_ratio, told.p95_seconds),
        rounds=1 + told.watch // max(told.every, 1),
        pause=lambda: time.sleep(told.every),
        tell=lambda line: sys.stdout.write(f"{line}\n"),
    )


if __name__ == "__main__":
    sys.exit(main())
