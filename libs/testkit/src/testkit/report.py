"""`python -m testkit.report claims.toml evidence.ndjson report.md`: what is claimed, and what of it was seen.

`python -m testkit.report fold <evidence.ndjson`: the same with a test's many cases as one line, to be kept.

A claim is a sentence with the size that it is due at. Evidence is what `testkit.evidence` wrote down: of each test, and
of each of its cases, the newest line counts. A claim without evidence is listed as not run.
"""

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEAD = """# What was proven, and how far

Each line is a claim, the test that tries to break it, and what came of it. The bound is the rule of three: after n
tries without a failure, a failure is with 95 % confidence rarer than 3/n per try. It says nothing about what was not
tried: [the limits](#limits). Most claims are tried at a smaller size whenever `make test` runs; here is what was run
for this page.

| | claim | tried by | size | result | rarer than | seed | seen (UTC) | took |
|---|---|---|---|---|---|---|---|---|
"""
LIMITS = """
## Limits

- `kill -9` leaves the page cache: nothing here is a test of power loss. What stands against that are settings that are
  asserted at start, and the audit of fsync before each acknowledgement.
- All stores are single nodes; nothing is claimed about partitions between nodes of one store.
- A mail or a message to a telephone can be sent twice: SMTP and its like know no exactly-once.
- The card provider, the mail server and the telephone network are simulators of this repository.
"""
NOT_RUN = "**not run**"
SAME = ("claim", "test", "unit", "outcome", "commit", "seed", "machine", "versions")
"""What lines have in common that are told as one."""


@dataclass(frozen=True, slots=True)
class Claim:
    id: str
    says: str
    due: str
    """The size that was set for it, in words."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All newest lines of one test, its cases together."""

    test: str
    lines: tuple[dict[str, Any], ...]

    @property
    def trials(self) -> int:
        return sum(line["trials"] for line in self.lines)

    @property
    def failed(self) -> int:
        return sum(line["outcome"] != "passed" for line in self.lines)

    @property
    def bound(self) -> str:
        return "" if self.failed or self.trials < 3 else f"{300 / self.trials:.2g} %"

    def said(self, name: str) -> str:
        return ", ".join(sorted({str(line[name]) for line in self.lines}))

    def row(self, claim: Claim) -> str:
        count = sum(line.get("cases", 1) for line in self.lines)
        cases = f", {count:,} cases" if count > 1 else ""
        result = f"**{self.failed} failed**" if self.failed else "held"
        at = max(line["at"] for line in self.lines)
        took = f"{sum(line['seconds'] for line in self.lines):.0f} s"
        size = f"{self.trials:,} {self.lines[0]['unit']}{cases}"
        return _row(claim.id, claim.says, f"`{self.test}`", size, result, self.bound, self.said("seed"), at, took)


def read_claims(path: Path) -> list[Claim]:
    return [Claim(**each) for each in tomllib.loads(path.read_text())["claim"]]


def read_evidence(path: Path) -> list[dict[str, Any]]:
    """Oldest first, as they were added."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def fold(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All cases of a test that held, on one commit with one seed, as one line. What failed stays a line of its own."""
    found: dict[str, dict[str, Any]] = {}
    for line in _newest(lines).values():
        held = line["outcome"] == "passed"
        test = line["test"].partition("[")[0] if held else line["test"]
        # A name that no other test has, so that other cases, of another commit, are added and do not take its place.
        one = {**line, "test": f"{test}[{line['commit']}]" if held and "[" in line["test"] else test}
        key = json.dumps([one[name] for name in SAME])
        known = found.setdefault(key, {**one, "trials": 0, "seconds": 0.0, "cases": 0})
        known["trials"] += line["trials"]
        known["seconds"] = round(known["seconds"] + line["seconds"], 1)
        known["cases"] += line.get("cases", 1)
        known["at"] = max(known["at"], line["at"])
    return list(found.values())


def render(claims: Iterable[Claim], evidence: Iterable[dict[str, Any]]) -> str:
    """Raises ValueError for evidence of something that nobody claims."""
    known, newest = list(claims), _newest(evidence)
    unknown = {claim for claim, _, _ in newest} - {claim.id for claim in known}
    if unknown:
        raise ValueError(f"evidence without a claim: {', '.join(sorted(unknown))}")
    rows = [row for claim in known for row in _rows(claim, newest)]
    return HEAD + "\n".join(rows) + "\n" + _origins(newest.values()) + LIMITS


def _newest(lines: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Of each test and of everything that it has tried; a test may say more than one thing of a claim."""
    return {(line["claim"], line["test"], line["unit"]): line for line in lines}


def _rows(claim: Claim, newest: dict[tuple[str, str, str], dict[str, Any]]) -> Iterator[str]:
    cases: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for (id_, test, unit), line in newest.items():
        if id_ == claim.id:
            cases.setdefault((test.partition("[")[0], unit), []).append(line)
    if not cases:
        yield _row(claim.id, claim.says, "", f"due: {claim.due}", NOT_RUN, "", "", "", "")
    for (test, _), lines in sorted(cases.items()):
        yield Seen(test, tuple(lines)).row(claim)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _origins(lines: Iterable[dict[str, Any]]) -> str:
    """Every set of versions, machine and commit that a line was found with."""
    found = {_origin(line) for line in lines}
    return "\n## Found with\n\n" + "".join(f"- {each}\n" for each in sorted(found))


def _origin(line: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in line["versions"].items())
    return f"{line['commit']}, {line['machine']}: {versions}"


def main() -> None:
    if sys.argv[1:] == ["fold"]:
        sys.stdout.writelines(json.dumps(each) + "\n" for each in fold(map(json.loads, sys.stdin)))
        return
    claims, evidence, report = (Path(each) for each in sys.argv[1:4])
    report.write_text(render(read_claims(claims), read_evidence(evidence)))


if __name__ == "__main__":
    main()
