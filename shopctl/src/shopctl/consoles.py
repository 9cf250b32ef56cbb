"""Running a service's own console: here, or wherever the service lives."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.console import Ended

from shopctl.verbs import Step

HERE = "{python}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a console said, and how it ended."""

    step: Step
    code: int
    said: str
    complained: str

    @property
    def ended(self) -> Ended:
        """Codes that no console uses (a crash, a signal) are refusals."""
        return Ended(self.code) if self.code in set(Ended) else Ended.REFUSED

    def as_fact(self) -> dict[str, Any]:
        return {
            "service": self.step.service,
            "did": list(self.step.arguments),
            "ended": self.ended.name.lower(),
            "said": _told(self.said),
            **({"complained": self.complained.strip()} if self.complained.strip() else {}),
        }


@dataclass(frozen=True, slots=True)
class Consoles:
    """`via` is what stands before `-m order_service.cli`, with `{service}` in it where that matters.

    `environments` is a folder with `order.json` and so on: settings that this process does not have itself.
    """

    via: str = HERE
    environments: Path | None = None

    def command(self, step: Step, *, rehearse: bool = False, as_json: bool = False) -> list[str]:
        before = shlex.split(self.via.format(python=shlex.quote(sys.executable), service=step.service))
        more = [flag for flag, asked in (("--json", as_json), ("--dry-run", rehearse)) if asked and step.exact]
        return [*before, "-m", f"{step.service}_service.cli", *step.arguments, *more]

    def run(self, step: Step, *, rehearse: bool = False, as_json: bool = False) -> Answer:
        """To its end; a console that asks has our terminal."""
        stdin = None if step.asks else subprocess.DEVNULL
        environment = {**os.environ, **self._told(step.service)}
        command = self.command(step, rehearse=rehearse, as_json=as_json)
        ran = subprocess.run(command, check=False, text=True, stdin=stdin, env=environment, capture_output=True)  # noqa: S603 - the command is ours
        return Answer(step, ran.returncode, ran.stdout, ran.stderr)

    def _told(self, service: str) -> Mapping[str, str]:
        file = self.environments / f"{service}.json" if self.environments else None
        return json.loads(file.read_text()) if file is not None and file.exists() else {}


def worst(answers: Sequence[Answer]) -> int:
    """How the whole ended: as its worst part; nothing to do only where there was nothing in any of them."""
    endings = [each.ended for each in answers]
    if all(each is Ended.NOTHING_TO_DO for each in endings):
        return Ended.NOTHING_TO_DO
    order = (Ended.MISUSED, Ended.REFUSED, Ended.NOT_NOW)
    return next((each for each in order if each in endings), Ended.DONE)


def _told(text: str) -> Any:
    """JSON as what it says, lines as they are."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip().splitlines()
