from typing import Any

import pymongo
import pytest
from order_service import cli
from order_service.domain.diagram import mermaid
from order_service.settings import OrderSettings


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, settings: OrderSettings, fresh_mongo: Any) -> None:
    """The command line, on a MongoDB of its own."""
    real = settings.model_copy(update={"mongo_url": fresh_mongo.url, "mongo_database": fresh_mongo.database})
    monkeypatch.setattr(cli, "load", lambda _: real)


def test_migrating_makes_validators_and_indexes_and_may_be_repeated(console: None, fresh_mongo: Any) -> None:
    assert cli.main(["migrate"]) == 0
    assert cli.main(["migrate"]) == 0

    with pymongo.MongoClient[dict[str, Any]](fresh_mongo.url) as client:
        database = client[fresh_mongo.database]
        assert sorted(database.list_collection_names()) == ["carts", "orders", "revoked_sessions"]
        assert "one_open_per_cart" in database.orders.index_information()
        assert "$jsonSchema" in database.orders.options()["validator"]


def test_the_diagram_needs_no_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diagram"]) == 0

    assert capsys.readouterr().out == mermaid() + "\n"


def test_dead_letters_get_a_new_life_and_are_counted(
    monkeypatch: pytest.MonkeyPatch, settings: OrderSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str, int]] = []

    class Broker:
        def __init__(self, url: str, *, world: object) -> None:
            self._url = url

        async def redrive(self, service: str, *, limit: int) -> int:
            asked.append((self._url, service, limit))
            return 3

    monkeypatch.setattr(cli, "load", lambda _: settings)
    monkeypatch.setattr("chassis.rabbit_broker.RabbitBroker", Broker)

    assert cli.main(["redrive", "--limit", "7"]) == 0

    assert asked == [("amqp://unused", "order", 7)]
    assert capsys.readouterr().out == "3 messages moved\n"
