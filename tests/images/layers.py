"""What lies in the layers of an image, as they would be pushed."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .engine import docker, look


@dataclass(frozen=True, slots=True)
class Layer:
    """One archive of files."""

    at: Path

    def entries(self) -> list[tarfile.TarInfo]:
        with tarfile.open(self.at) as archive:
            return archive.getmembers()

    def files(self) -> Iterator[tuple[str, bytes]]:
        with tarfile.open(self.at) as archive:
            for each in archive:
                opened = archive.extractfile(each) if each.isreg() else None
                if opened is not None:
                    yield each.name, opened.read()

    @property
    def size(self) -> int:
        return sum(each.size for each in self.entries())


def saved(image: str, to: Path) -> list[Layer]:
    """The lowest first."""
    to.mkdir(parents=True, exist_ok=True)
    docker("save", "--output", str(to / "image.tar"), image)
    with tarfile.open(to / "image.tar") as archive:
        archive.extractall(to, filter="data")
    (to / "image.tar").unlink()
    [manifest] = json.loads((to / "manifest.json").read_text())
    return [Layer(to / each) for each in manifest["Layers"]]


def digests(image: str) -> list[str]:
    return json.loads(look(image, "{{json .RootFS.Layers}}"))
