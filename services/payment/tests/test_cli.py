import asyncpg
import pytest
from chassis.rabbit_broker import RabbitBroker
from payment_service import cli
from payment_service.settings import PaymentSettings


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, settings: PaymentSettings) -> pytest.MonkeyPatch:
    monkeypatch.setattr(cli, "load", lambda _: settings)
    return monkeypatch


async def test_migrating_makes_the_tables_and_may_be_repeated(fresh_database, settings: PaymentSettings) -> None:
    made = await fresh_database("payment")
    owned = settings.model_copy(update={"database_url": made.url, "database_owner_url": made.owner_url})

    assert await cli.migrate(owned) == 0
    assert await cli.migrate(owned) == 0

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


@pytest.mark.parametrize("arguments", [[], ["refund-everybody"], ["redrive", "--limit", "all"]])
def test_what_is_no_verb_is_refused(
    console: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)

    assert stopped.value.code == 2
    assert "usage: payment" in capsys.readouterr().err
