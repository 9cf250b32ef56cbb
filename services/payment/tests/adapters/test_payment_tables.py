"""What only PostgreSQL can promise: constraints, rights, locks, and times of its own."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest
from asyncpg.exceptions import DataError
from chassis.faults import StoreUnavailable
from chassis.migrations import migrate
from payment_service.adapters.payment_tables import PaymentTables
from payment_service.domain.commands import State
from payment_service.domain.ledger import capture_entry
from payment_service.domain.payment import Payment
from payment_service.wiring import MIGRATIONS
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BOOKED = capture_entry(UUID("0190a000-0000-7000-8000-0000000000aa"), 3558, "EUR")
CHANGES = [
    "UPDATE ledger_tx SET kind = 'x'",
    "UPDATE posting SET amount = amount + 1",
    "DELETE FROM ledger_tx",
    "DELETE FROM posting",
    "TRUNCATE posting",
    "TRUNCATE ledger_tx CASCADE",
]
ADD = """
    INSERT INTO payment (id, order_id, amount, currency, state, captured, refunded)
    VALUES (:id, :order_id, :amount, :currency, :state, :captured, :refunded)
"""


@pytest.fixture
async def owner(tables: AsyncEngine) -> AsyncGenerator[AsyncEngine]:
    """The login that migrations run with."""
    engine = create_async_engine(tables.url.set(username="payment_owner", password="payment_owner"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def booked(payment_tables: PaymentTables) -> PaymentTables:
    async with payment_tables.transaction() as tx:
        await tx.post(BOOKED)
    return payment_tables


async def run(engine: AsyncEngine, *statements: str, **values: object) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement), values)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_service_may_not_change_the_books(booked: PaymentTables, tables: AsyncEngine, change: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        await run(tables, change)

    assert len([each async for each in booked.facts() if each["kind"] == "ledger_tx"]) == 1


@pytest.mark.parametrize("change", CHANGES)
async def test_not_even_the_owner_changes_the_books(booked: PaymentTables, owner: AsyncEngine, change: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        await run(owner, change)

    [fact] = [each async for each in booked.facts() if each["kind"] == "ledger_tx"]
    assert [each["amount"] for each in fact["postings"]] == [3558, 3558]


async def test_the_sum_is_checked_when_the_transaction_ends_not_before(tables: AsyncEngine) -> None:
    tx = uuid4()
    posting = "INSERT INTO posting (tx, account, side, amount, currency) VALUES (:tx, 'fees', '{}', 5, 'EUR')"
    entry = "INSERT INTO ledger_tx (id, kind, ref) VALUES (:tx, 'test', 'test:1')"

    with pytest.raises(IntegrityError, match="does not balance"):
        await run(tables, entry, posting.format("debit"), tx=tx)
    with pytest.raises(IntegrityError, match="does not balance"):
        await run(tables, entry, tx=tx)

    await run(tables, entry, posting.format("debit"), posting.format("credit"), tx=tx)


async def test_nothing_can_be_added_to_one_side_of_a_closed_entry(booked: PaymentTables, tables: AsyncEngine) -> None:
    one_side = "SELECT id, 'fees', 'debit', 1, 'EUR' FROM ledger_tx"

    with pytest.raises(IntegrityError, match="does not balance"):
        await run(tables, f"INSERT INTO posting (tx, account, side, amount, currency) {one_side}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "pocket_money"},
        {"side": "both"},
        {"amount": 0},
        {"amount": -1},
    ],
)
async def test_a_posting_is_on_a_known_account_and_side_over_something(tables: AsyncEngine, wrong: dict) -> None:
    values = {"tx": uuid4(), "account": "fees", "side": "debit", "amount": 5, **wrong}

    with pytest.raises(IntegrityError, match="posting_"):
        await run(
            tables,
            "INSERT INTO ledger_tx (id, kind, ref) VALUES (:tx, 'test', 'test:1')",
            "INSERT INTO posting (tx, account, side, amount, currency) VALUES (:tx, :account, :side, :amount, 'EUR')",
            **values,
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1},
        {"captured": 101},
        {"captured": 50, "refunded": 51},
        {"refunded": -1},
        {"state": "PAID"},
        {"currency": "eur"},
        {"currency": None},
    ],
)
async def test_a_payment_that_cannot_be_is_not_stored(tables: AsyncEngine, wrong: dict) -> None:
    plain = {"amount": 100, "currency": "EUR", "state": "CAPTURED", "captured": 100, "refunded": 0}

    with pytest.raises(IntegrityError, match="payment_"):
        await run(tables, ADD, id=uuid4(), order_id=uuid4(), **{**plain, **wrong})

    await run(tables, ADD, id=uuid4(), order_id=uuid4(), **plain)


async def test_two_live_payments_of_an_order_are_refused_by_an_index(tables: AsyncEngine) -> None:
    plain = {"order_id": uuid4(), "amount": 100, "currency": "EUR", "captured": 0, "refunded": 0}
    await run(tables, ADD, id=uuid4(), state="AUTHORIZED", **plain)

    with pytest.raises(IntegrityError, match="payment_one_live"):
        await run(tables, ADD, id=uuid4(), state="CREATED", **plain)
    for over in ("VOIDED", "FAILED", "FAILED"):
        await run(tables, ADD, id=uuid4(), state=over, **plain)


async def test_an_intent_belongs_to_one_payment(tables: AsyncEngine) -> None:
    plain = {"amount": 100, "currency": "EUR", "state": "AUTHORIZED", "captured": 0, "refunded": 0}
    for _ in range(2):
        await run(tables, ADD, id=uuid4(), order_id=uuid4(), **plain)

    with pytest.raises(IntegrityError, match="payment_intent_id_key"):
        await run(tables, "UPDATE payment SET intent_id = 'pi_1'")


@pytest.mark.parametrize("statement", ["CREATE TABLE t (i int)", "ALTER TABLE payment ADD x int", "DROP TABLE refund"])
async def test_the_service_changes_no_tables(tables: AsyncEngine, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        await run(tables, statement)


async def test_migrating_again_changes_nothing(tables: AsyncEngine, booked: PaymentTables, owner: AsyncEngine) -> None:
    await migrate(owner.url.render_as_string(hide_password=False), MIGRATIONS)

    assert len([each async for each in booked.facts() if each["kind"] == "ledger_tx"]) == 1


async def test_a_claim_passes_over_a_row_that_somebody_has_locked(payment_tables: PaymentTables) -> None:
    locked, free = (Payment(uuid4(), uuid4(), 100, "EUR", State.CREATED) for _ in range(2))
    async with payment_tables.transaction() as tx:
        await tx.add(locked)
        await tx.add(free)

    async with payment_tables.transaction() as tx:
        await tx.lock(locked.id)
        async with asyncio.timeout(5):
            first = await payment_tables.claim(uuid4(), seconds=60)
            second = await payment_tables.claim(uuid4(), seconds=60)

    assert first is not None
    assert first.id == free.id
    assert second is None


async def test_an_event_that_somebody_works_on_is_passed_over(payment_tables: PaymentTables, tables) -> None:
    await run(tables, "INSERT INTO psp_event (id, type) VALUES ('evt_1', 'x'), ('evt_2', 'x')")

    async with payment_tables.transaction() as one, payment_tables.transaction() as two:
        found = [await one.next_event(), await two.next_event()]
        assert {each.event.id for each in found if each} == {"evt_1", "evt_2"}
        async with payment_tables.transaction() as three:
            assert await three.next_event() is None


async def test_a_row_that_stays_locked_is_the_stores_fault_not_the_messages(payment_tables: PaymentTables) -> None:
    payment = Payment(uuid4(), uuid4(), 100, "EUR", State.CREATED)
    async with payment_tables.transaction() as tx:
        await tx.add(payment)

    async with payment_tables.transaction() as tx:
        await tx.lock(payment.id)
        with pytest.raises(StoreUnavailable):
            async with payment_tables.transaction() as second:
                await second.lock(payment.id)


async def test_the_database_decides_when_a_lease_is_over(payment_tables: PaymentTables, tables: AsyncEngine) -> None:
    payment = Payment(uuid4(), uuid4(), 100, "EUR", State.CREATED)
    async with payment_tables.transaction() as tx:
        await tx.add(payment)
    await payment_tables.claim(uuid4(), seconds=20)

    assert await payment_tables.claim(uuid4(), seconds=20) is None
    await run(tables, "UPDATE payment SET lease_until = now()")

    claimed = await payment_tables.claim(uuid4(), seconds=20)
    assert claimed is not None
    assert claimed.unknown


async def test_bad_values_are_no_outage(payment_tables: PaymentTables) -> None:
    with pytest.raises(DataError):
        async with payment_tables.transaction() as tx:
            await tx.add(Payment(uuid4(), uuid4(), 2**70, "EUR", State.CREATED))
