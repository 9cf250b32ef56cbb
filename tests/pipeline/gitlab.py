"""GitLab as far as it can be had here: a project that was cloned, changed and pushed, and the jobs it would get."""

import csv
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

CHECKOUT = Path(__file__).parents[2]
CLUSTER = "KUBE_CONTEXT=shop/clusters:north"
SECONDS = 600
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@mercato.example")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    said: str


@dataclass(frozen=True, slots=True)
class Project:
    """A clone of this checkout, uncommitted changes included; `origin/main` is what it began with."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def append(self, name: str, text: str) -> None:
        self.write(name, (self.folder / name).read_text() + text)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git(*AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "A change")

    def git(self, *words: str) -> str:
        ran = subprocess.run(
            ["git", *words], cwd=self.folder, capture_output=True, text=True, check=True, timeout=SECONDS
        )
        return ran.stdout

    def jobs(self, kind: Sequence[str]) -> list[dict[str, str]]:
        """The jobs of a pipeline of this kind, in the order of their stages."""
        ran = self.local("--list-csv", "--ignore-predefined-vars", "CI_PIPELINE_SOURCE", *kind)
        assert ran.returncode == 0, ran.stderr
        return list(csv.DictReader(ran.stdout.splitlines(), delimiter=";"))

    def run(self, job: str, *words: str) -> Ran:
        """One job's script, on this machine as it is."""
        ran = self.local("--force-shell-executor", "--no-shell-isolation", *words, job)
        return Ran(ran.returncode, ran.stdout + ran.stderr)

    def local(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CHECKOUT / "scripts/gitlab-ci-local", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            # As on a runner: nothing of the run that this test belongs to.
            env={key: value for key, value in os.environ.items() if not key.startswith(("MERCATO_", "PYTEST_"))},
        )


def pipeline(*variables: str, without: Sequence[str] = ()) -> list[str]:
    """Told to gitlab-ci-local, whose own guess is a push to the branch that is checked out."""
    told = [word for each in variables for word in ("--variable", each)]
    return [*told, *(word for each in without for word in ("--unset-variable", each))]


MERGE_REQUEST = pipeline("CI_PIPELINE_SOURCE=merge_request_event", CLUSTER, without=["CI_COMMIT_BRANCH"])
MAIN = pipeline(CLUSTER)
MAIN_WITHOUT_CLUSTER = pipeline()
TAG = pipeline("CI_COMMIT_TAG=v1.2.3", CLUSTER, without=["CI_COMMIT_BRANCH"])
NIGHT = pipeline("CI_PIPELINE_SOURCE=schedule", CLUSTER)


@contextmanager
def cloned() -> Iterator[Project]:
    with TemporaryDirectory(prefix="mercato-project-") as folder:
        project = Project(Path(folder))
        project.git("clone", "--quiet", str(CHECKOUT), ".")
        changed = _here("ls-files", "--modified", "--others", "--exclude-standard", "-z")
        for name in filter(None, changed.split("\0")):
            source, target = CHECKOUT / name, project.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.exists():
                shutil.copy2(source, target, follow_symlinks=False)
            else:
                target.unlink()
        project.git("checkout", "--quiet", "-B", "main")
        project.commit()
        project.git("update-ref", "refs/remotes/origin/main", "HEAD")
        project.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        project.git("remote", "set-url", "origin", "https://gitlab.example/shop/mercato.git")
        yield project


def _here(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
