"""A tree before the tests that stand for it: do they fail, and by what they assert?"""

import os
import re
import signal
import subprocess
import xml.etree.ElementTree as Xml
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.tree import Tree

PATIENCE_SECONDS, FOR_EACH_SECONDS = 240, 60
CARELESS = re.compile(r"(\w+\.)*(ImportError|ModuleNotFoundError|SyntaxError|IndentationError|NameError|TypeError)\b")
"""What a patch raises that is only badly written: no test can claim to have seen through it."""
OURS = ("PYTHON", "PYTEST_", "COV_", "MERCATO_EVIDENCE", "MERCATO_SCARS")
"""What the run outside has in its environment for itself: what a broken tree shows is evidence of nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    failures: tuple[str, ...]
    """What each test that failed says first."""
    errors: tuple[str, ...]
    """What went wrong around the tests: no mutant is killed by that."""
    said: str

    @property
    def killed(self) -> bool:
        careless = any(CARELESS.match(each) for each in self.failures)
        return self.status == 1 and bool(self.failures) and not careless and not self.errors


def try_(tree: Tree, *tests: str, stores: Mapping[str, str]) -> Outcome:
    """Run these tests, by their node ids, in that tree, on stores that are lent to them."""
    report = tree.root / "report.xml"
    flags = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    run = subprocess.Popen(
        [str(tree.python), "-m", "pytest", *flags, *tests],
        cwd=tree.root,
        env={**inherited, **stores},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = run.communicate(timeout=PATIENCE_SECONDS + FOR_EACH_SECONDS * len(tests))
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        said, _ = run.communicate()
        return Outcome(-1, (), ("it did not end",), said)
    failures, errors = _read(report) if report.exists() else ((), ("there is no report",))
    return Outcome(run.returncode, failures, errors, said)


def _read(report: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    cases = list(Xml.parse(report).getroot().iter("testcase"))  # noqa: S314 - pytest has just written it
    failures = tuple(each.get("message", "") for case in cases for each in case.iter("failure"))
    # What a test leaves behind when it fails is part of its failing.
    errors = (each for case in cases if case.find("failure") is None for each in case.iter("error"))
    return failures, tuple(each.get("message", "") for each in errors)
