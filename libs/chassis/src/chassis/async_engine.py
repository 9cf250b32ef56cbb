"""SQLAlchemy's engine for asyncio without the ORM, which its package loads too: 6 MB in each process with tables."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType

import sqlalchemy.ext


@contextmanager
def _by_the_side_door(package: str, folder: str) -> Generator[None]:
    """Import single modules of a package without running its `__init__`. Whoever imports it later gets all of it."""
    if package in sys.modules:
        yield
        return
    bare = ModuleType(package)
    bare.__path__ = [folder]
    sys.modules[package] = bare
    try:
        yield
    finally:
        del sys.modules[package]


with _by_the_side_door("sqlalchemy.ext.asyncio", f"{sqlalchemy.ext.__path__[0]}/asyncio"):
    from sqlalchemy.ext.asyncio.engine import AsyncConnection as AsyncConnection
    from sqlalchemy.ext.asyncio.engine import AsyncEngine as AsyncEngine
    from sqlalchemy.ext.asyncio.engine import create_async_engine as create_async_engine
