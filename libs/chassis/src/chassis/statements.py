"""Statements as the driver takes them. SQLAlchemy words them and keeps the pool of connections; the way through its
cursors would cost eight times what asyncpg needs for the same answer (docs/performance.md)."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from asyncpg.exceptions import InvalidCachedStatementError
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from chassis import database_spans

DIALECT = PGDialect_asyncpg()
KEPT = 500
"""So many statements are remembered in a process, and prepared on a connection. Ours are far fewer."""

Values = Mapping[str, Any]


class Row(asyncpg.Record):
    """Its columns are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement has answered."""

    rows: Sequence[Row]
    status: str
    """Such as `UPDATE 3`."""

    @property
    def rowcount(self) -> int:
        """How many rows it has found or changed."""
        return int(self.status.rpartition(" ")[2])

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def all(self) -> Sequence[Row]:
        return self.rows

    def first(self) -> Row | None:
        return self.rows[0] if self.rows else None

    def one(self) -> Row:
        """Raises ValueError when it is not exactly one."""
        (row,) = self.rows
        return row

    def one_or_none(self) -> Row | None:
        """Raises ValueError when there are several."""
        return self.one() if self.rows else None

    def scalars(self) -> list[Any]:
        return [row[0] for row in self.rows]

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        return self.one()[0] if self.rows else None


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that is somebody's for a while. `prepared` is kept with it for as long as it lives."""

    driver: asyncpg.Connection
    prepared: dict[str, PreparedStatement]

    async def execute(self, statement: Executable, values: Values | Sequence[Values] | None = None) -> Found:
        """One statement; of a list of values, one for each, in one go."""
        words = worded(statement)
        with database_spans.asked(words.sql):
            if isinstance(values, Sequence):
                await self.driver.executemany(words.sql, [words.arguments(each) for each in values])
                return Found((), f"MANY {len(values)}")
            prepared = await self._prepare(words.sql)
            try:
                rows = await prepared.fetch(*words.arguments(values))
            except InvalidCachedStatementError:
                self.prepared.pop(words.sql, None)
                raise
            return Found(rows, prepared.get_statusmsg())

    async def stream(self, statement: Executable) -> AsyncIterator[Row]:
        """Rows as they come, for what is too much to be held at once. Inside of a transaction."""
        return aiter(self.driver.cursor(worded(statement).sql, record_class=Row))

    async def _prepare(self, sql: str) -> PreparedStatement:
        prepared = self.prepared.get(sql)
        if prepared is None:
            if len(self.prepared) >= KEPT:
                self.prepared.clear()
            prepared = self.prepared[sql] = await self.driver.prepare(sql, record_class=Row)
        return prepared


@dataclass(frozen=True, slots=True)
class Words:
    """A statement with numbers where its parameters were named; `given` are those that it brings along."""

    sql: str
    names: Sequence[str]
    given: Mapping[str, Any]

    def arguments(self, values: Values | None) -> list[Any]:
        told = values or {}
        return [told[name] if name in told else self.given[name] for name in self.names]


@lru_cache(maxsize=KEPT)
def worded(statement: Executable) -> Words:
    """By the statement itself: those that are made once, which is nearly all, are worded once."""
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=DIALECT)
    assert isinstance(compiled, SQLCompiler)
    given = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return Words(compiled.string, compiled.positiontup or (), given)
