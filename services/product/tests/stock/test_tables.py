"""The locks that are in the database itself, whoever comes through whatever door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

CHANGES = ["UPDATE stock_ledger SET quantity = 0", "DELETE FROM stock_ledger", "TRUNCATE stock_ledger"]
Connect = Callable[[str], Awaitable[asyncpg.Connection]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    opened: list[asyncpg.Connection] = []

    async def connect(url: str) -> asyncpg.Connection:
        opened.append(await asyncpg.connect(url.replace("+asyncpg", "")))
        return opened[-1]

    yield connect
    for each in opened:
        await each.close()


@pytest.fixture
async def app(product_database: Any, connect: Connect) -> asyncpg.Connection:
    """The service's own login, with one SKU, one hold and one row in the ledger."""
    app = await connect(product_database.url)
    await app.execute("INSERT INTO stock VALUES ('a', 5, 2)")
    await app.execute("INSERT INTO hold VALUES ($1, 'HELD', now())", uuid4())
    await app.execute(row())
    return app


@pytest.fixture
async def owner(app: asyncpg.Connection, product_database: Any, connect: Connect) -> asyncpg.Connection:
    return await connect(product_database.owner_url)


def row(**changed: str) -> str:
    """The SQL of a row for the ledger."""
    columns = {
        "id": "gen_random_uuid()",
        "sku": "'a'",
        "entry": "'initial'",
        "quantity": "5",
        "ref": "'initial'",
        "on_hand": "5",
        "reserved": "0",
        "reason": "''",
        "fingerprint": "NULL",
    }
    columns.update(changed)
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"INSERT INTO stock_ledger ({names}) VALUES ({values})"  # noqa: S608 - made of the words above


async def rows(connection: asyncpg.Connection) -> list[tuple[str, int]]:
    found = await connection.fetch("SELECT entry, quantity FROM stock_ledger")
    return [(each["entry"], each["quantity"]) for each in found]


@pytest.mark.parametrize("change", CHANGES)
async def test_the_service_may_not_rewrite_the_ledger(app: asyncpg.Connection, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(change)

    assert await rows(app) == [("initial", 5)]


@pytest.mark.parametrize("change", CHANGES)
async def test_the_owner_may_not_rewrite_the_ledger(owner: asyncpg.Connection, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute(change)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["owner", "service"])
async def test_whoever_is_granted_it_later_still_cannot_rewrite_the_ledger(
    app: asyncpg.Connection, owner: asyncpg.Connection, product_database: Any, who: str, change: str
) -> None:
    role = product_database.owner_role if who == "owner" else product_database.app_role
    await owner.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON stock_ledger TO {role}")

    with pytest.raises(asyncpg.RaiseError, match="stock_ledger is append-only"):
        await (owner if who == "owner" else app).execute(change)

    assert await rows(app) == [("initial", 5)]


@pytest.mark.parametrize(
    "impossible",
    [
        "UPDATE stock SET reserved = on_hand + 1",
        "UPDATE stock SET reserved = -1",
        "UPDATE stock SET on_hand = -1, reserved = -1",
        "UPDATE stock SET on_hand = 1",
        "UPDATE hold SET state = 'LOST'",
        "INSERT INTO hold_line SELECT order_id, 'a', 0 FROM hold",
        row(entry="'gift'", ref="'x'"),
        row(entry="'adjust'", ref="'adjust:without-a-fingerprint'"),
        row(entry="'sale'", ref="'order:with-a-fingerprint'", fingerprint="'x'"),
    ],
)
async def test_what_cannot_be_true_cannot_be_written(app: asyncpg.Connection, impossible: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await app.execute(impossible)


@pytest.mark.parametrize(
    "dangling", [row(sku="'nobody-knows-me'", ref="'x'"), "INSERT INTO hold_line VALUES (gen_random_uuid(), 'a', 1)"]
)
async def test_what_refers_to_nothing_cannot_be_written(app: asyncpg.Connection, dangling: str) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await app.execute(dangling)


@pytest.mark.parametrize(
    "twice",
    [
        row(),
        "INSERT INTO stock VALUES ('a', 1, 0)",
        "INSERT INTO hold SELECT order_id, 'HELD', now() FROM hold",
        "INSERT INTO hold_line SELECT order_id, 'a', 1 FROM hold, generate_series(1, 2)",
        f"{row(entry="'adjust'", ref="'adjust:k'", fingerprint="'x'")},"
        " (gen_random_uuid(), 'a', 'restock', 1, 'adjust:k', 1, 1, '', 'y')",
    ],
    ids=["ledger", "stock", "hold", "line", "adjustment"],
)
async def test_what_happens_once_cannot_be_written_twice(app: asyncpg.Connection, twice: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await app.execute(twice)
