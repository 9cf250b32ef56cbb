import asyncio

import pymongo
import pytest
from notification_service import cli
from notification_service.adapters.document_shapes import SHAPES
from notification_service.settings import NotificationSettings


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, settings: NotificationSettings) -> pytest.MonkeyPatch:
    monkeypatch.setattr(cli, "load", lambda _: settings)
    return monkeypatch


async def test_migrating_makes_collections_and_may_be_repeated(console, settings, fresh_mongo) -> None:
    of_this_test = {"mongo_url": fresh_mongo.url, "mongo_database": fresh_mongo.database}
    console.setattr(cli, "load", lambda _: settings.model_copy(update=of_this_test))

    codes = [await asyncio.to_thread(cli.main, ["migrate"]) for _ in range(2)]

    assert codes == [0, 0]
    with pymongo.MongoClient(fresh_mongo.url) as client:
        made = {each["name"]: each["options"] for each in client[fresh_mongo.database].list_collections()}
    assert set(made) == {*SHAPES, "revoked_sessions"}
    assert all("$jsonSchema" in made[name]["validator"] for name in SHAPES)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["redrive", "--limit", "many"]])
def test_what_is_no_verb_is_refused(console, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
