"""The console, on real stores."""

import asyncio
from typing import Any

import aio_pika
import pytest
from chassis.rabbit_broker import RabbitBroker
from chassis.topology import apply
from chassis.world import World
from contracts.rabbitmq import definitions
from product_service import cli
from product_service.adapters.seed_catalogue import seed_catalogue


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Settings in the environment, for stores that nobody asks."""
    for name in ("DATABASE_URL", "BROKER_URL", "USER_URL"):
        monkeypatch.setenv(f"PRODUCT_{name}", "unused://")
    return monkeypatch


@pytest.fixture
def empty_database(fresh_database, console: pytest.MonkeyPatch) -> None:
    made = asyncio.run(fresh_database("product"))
    console.setenv("PRODUCT_DATABASE_URL", made.url)
    console.setenv("PRODUCT_DATABASE_OWNER_URL", made.owner_url)


@pytest.fixture
def broker_url(fresh_vhost: Any, console: pytest.MonkeyPatch) -> str:
    asyncio.run(apply(fresh_vhost.management_url, definitions(), vhost=fresh_vhost.vhost))
    console.setenv("PRODUCT_BROKER_URL", fresh_vhost.url)
    return fresh_vhost.url


async def die(url: str, letters: int) -> None:
    """Put dead letters where the broker puts them."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for number in range(letters):
            await channel.default_exchange.publish(aio_pika.Message(str(number).encode()), "product.dead")


def test_a_new_database_is_migrated_and_filled_and_both_can_be_repeated(
    empty_database: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [cli.main([verb]) for verb in ("migrate", "migrate", "seed", "seed")] == [0, 0, 0, 0]

    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.endswith("added")] == [
        f"{len(seed_catalogue().products)} products added",
        "0 products added",
    ]


def test_dead_letters_get_a_new_life_and_are_counted(broker_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(die(broker_url, letters=3))

    assert cli.main(["redrive", "--limit", "2"]) == 0

    assert capsys.readouterr().out == "2 messages moved\n"
    assert asyncio.run(RabbitBroker(broker_url, world=World()).dead_letters("product")) == 1


def test_an_unknown_verb_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["destroy"])

    assert stopped.value.code == 2
    assert "destroy" in capsys.readouterr().err
