"""Which processes a changed file belongs to."""

from collections.abc import AsyncIterator, Collection, Iterable
from pathlib import Path

from watchfiles import Change, awatch

from dev.pages import STOREFRONT
from dev.processes import CHECKOUT
from dev.settings import SERVICES

ROUTES = CHECKOUT / "gateway" / "routes.yaml"
LIBS = (CHECKOUT / "libs" / "chassis" / "src", CHECKOUT / "libs" / "contracts" / "src")
PAGES = CHECKOUT / STOREFRONT / "src"
SIMULATORS = CHECKOUT / "simulators" / "src"
OUTSIDE = frozenset({"psp", "mail", "phone", "door"})
QUIET_MILLISECONDS = 300


def watched() -> list[Path]:
    """A place for every file that makes a difference to a running process."""
    houses = [CHECKOUT / "services" / service / "src" for service in SERVICES]
    # Folders only: an editor that renames would leave a watched file behind.
    return [*houses, *LIBS, PAGES, SIMULATORS, ROUTES.parent]


async def changes() -> AsyncIterator[set[Path]]:
    """Each time that something was written and it is quiet again."""
    async for found in awatch(*watched(), watch_filter=_matters, debounce=QUIET_MILLISECONDS):
        yield {Path(path) for _, path in found}


def concerned(paths: Iterable[Path], names: Collection[str]) -> set[str]:
    """The processes, of those with these names, that have to be started anew."""
    return {name for path in paths for name in names if _concerns(path, name)}


def _concerns(path: Path, name: str) -> bool:
    if path.is_relative_to(SIMULATORS):
        return name in OUTSIDE
    service = name.split("-")[0]
    if any(path.is_relative_to(lib) for lib in LIBS):
        return service in (*SERVICES, STOREFRONT)
    if path.is_relative_to(PAGES):
        return service == STOREFRONT
    return path.is_relative_to(CHECKOUT / "services" / service / "src")


def _matters(_: Change, path: str) -> bool:
    return "__pycache__" not in path and not Path(path).name.startswith(".") and not path.endswith(("~", ".pyc"))
