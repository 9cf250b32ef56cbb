import asyncio
import json
from collections.abc import AsyncGenerator

import asyncpg
import httpx2
import pytest
import uvicorn
from chassis.faults import Unreachable
from chassis.rabbit_broker import RabbitBroker
from payment_service import cli
from payment_service.settings import PaymentSettings
from simulators.psp import Psp
from sqlalchemy.ext.asyncio import AsyncEngine


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, settings: PaymentSettings) -> pytest.MonkeyPatch:
    monkeypatch.setattr(cli, "load", lambda _: settings)
    return monkeypatch


async def test_migrating_makes_the_tables_and_may_be_repeated(fresh_database, settings: PaymentSettings) -> None:
    made = await fresh_database("payment")
    owned = settings.model_copy(update={"database_url": made.url, "database_owner_url": made.owner_url})

    await cli.migrate(owned)
    await cli.migrate(owned)

    app = await asyncpg.connect(made.url.replace("+asyncpg", ""))
    assert await app.fetchval("SELECT count(*) FROM payment") == 0
    await app.close()


def test_dead_letters_are_moved_and_counted(console: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[str, int]] = []

    async def redrive(_self: RabbitBroker, service: str, *, limit: int = 1000) -> int:
        asked.append((service, limit))
        return 3

    console.setattr(RabbitBroker, "redrive", redrive)

    assert cli.main(["redrive", "--limit", "7"]) == 0

    assert asked == [("payment", 7)]
    assert capsys.readouterr().out == "3 messages moved\n"


@pytest.fixture
async def provider_url(psp: Psp) -> AsyncGenerator[str]:
    """The simulated provider on a socket."""
    config = uvicorn.Config(psp.app, port=0, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.005)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
def connected(settings: PaymentSettings, tables: AsyncEngine, provider_url: str) -> PaymentSettings:
    url = tables.url.render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": url, "provider_url": provider_url})


async def test_books_that_agree_end_with_0_and_those_that_do_not_with_1(
    connected: PaymentSettings, provider_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await cli.reconcile(connected, None, as_json=False, dry_run=False) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "recon_diff 0"

    stray = {"amount": "100", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}
    async with httpx2.AsyncClient(headers={"Authorization": "Bearer sk_test_key"}) as dashboard:
        made = (await dashboard.post(f"{provider_url}/v1/payment_intents", data=stray)).json()

    assert await cli.reconcile(connected, 1.0, as_json=False, dry_run=False) == 1
    assert f"differs  {made['id']}: names no payment of ours" in capsys.readouterr().out
    assert await cli.reconcile(connected, None, as_json=True, dry_run=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["recon_diff"], found["differences"][0]["about"]) == (1, made["id"])


async def test_a_provider_that_is_away_is_no_difference(connected: PaymentSettings) -> None:
    away = connected.model_copy(update={"provider_url": "http://127.0.0.1:1"})

    with pytest.raises(Unreachable):
        await cli.reconcile(away, None, as_json=False, dry_run=False)


def test_the_console_hands_on_what_was_asked(console: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    async def reconcile(_settings: PaymentSettings, hours: float | None, **how: bool) -> int:
        asked.append((hours, how))
        return 1

    console.setattr(cli, "reconcile", reconcile)

    assert cli.main(["reconcile", "--since", "24", "--json", "--dry-run"]) == 1
    assert cli.main(["reconcile"]) == 1
    assert asked == [(24.0, {"as_json": True, "dry_run": True}), (None, {"as_json": False, "dry_run": False})]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["refund-everybody"],
        ["redrive", "--limit", "all"],
        ["reconcile", "--since", "yesterday"],
        ["reconcile", "--since", "-1"],
        ["reconcile", "--since", "nan"],
        ["reconcile", "--since", "inf"],
    ],
)
def test_what_is_no_verb_is_refused(
    console: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)

    assert stopped.value.code == 2
    assert "usage: payment" in capsys.readouterr().err
