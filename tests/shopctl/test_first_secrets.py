"""Secrets that nobody has to make: drawn once, kept, and handed to nobody but their reader."""

import json
import stat
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from chassis.settings import ServiceSettings
from notification_service.settings import NotificationSettings
from order_service.settings import OrderSettings
from payment_service.settings import PaymentSettings
from product_service.settings import ProductSettings
from shopctl.__main__ import main
from shopctl.first_secrets import HERE, Places
from user_service.settings import UserSettings

NO_SECRETS = {
    "USER_URL": "http://user:8000",
    "PRODUCT_URL": "http://product:8001",
    "SIGNING_KEYS_FILE": "/var/lib/mercato/keys.json",
    "SMTP_HOST": "mail",
    "SHOP_URL": "http://127.0.0.1:8080",
    "SMS_ACCOUNT": "AC1",
    "SMS_SENDER": "Mercato",
}
SETTINGS: dict[str, type[ServiceSettings]] = {
    "user": UserSettings,
    "user-owner": UserSettings,
    "product": ProductSettings,
    "product-owner": ProductSettings,
    "order": OrderSettings,
    "payment": PaymentSettings,
    "payment-owner": PaymentSettings,
    "notification": NotificationSettings,
}


def draw(folder: Path) -> dict[str, dict[str, str]]:
    """Reader -> name of the file -> its text."""
    assert main(["secrets", str(folder)]) == 0
    readers = [each for each in folder.iterdir() if each.name != "operator"]
    return {each.name: {file.name: file.read_text() for file in each.iterdir()} for each in readers}


@pytest.mark.parametrize("reader", SETTINGS)
def test_a_service_reads_what_it_is_given(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(tmp_path)
    settings = SETTINGS[reader]
    for name, value in NO_SECRETS.items():
        monkeypatch.setenv(settings.model_config.get("env_prefix", "") + name, value)

    read = settings(_secrets_dir=tmp_path / reader)

    assert reader.removesuffix("-owner") in read.broker_url
    assert (getattr(read, "database_owner_url", None) is not None) == reader.endswith("-owner")


def test_what_was_drawn_is_kept(tmp_path: Path) -> None:
    assert draw(tmp_path) == draw(tmp_path)


def test_two_shops_have_no_secret_in_common(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()

    here, there = draw(tmp_path / "here"), draw(tmp_path / "there")

    assert [name for reader in here for name in here[reader] if here[reader][name] == there[reader][name]] == []


def test_what_a_later_version_adds_is_drawn_then(tmp_path: Path) -> None:
    before = draw(tmp_path)
    kept = tmp_path / "operator/secrets.json"
    known = json.loads(kept.read_text())
    del known["cart_secret"], known["messages"]["order"], known["documents"]["order"]
    kept.chmod(0o600)
    kept.write_text(json.dumps(known))

    after = draw(tmp_path)

    assert after["order"].pop("order_cart_secret") != before["order"].pop("order_cart_secret")
    for new in ("order_broker_url", "order_mongo_url"):
        assert after["order"].pop(new) != before["order"].pop(new)
    assert after == before


def test_a_file_that_was_lost_is_there_again(tmp_path: Path) -> None:
    before = draw(tmp_path)
    (tmp_path / "order/order_mongo_url").unlink()

    assert draw(tmp_path) == before


def test_nobody_but_the_operator_reads_what_was_drawn(tmp_path: Path) -> None:
    draw(tmp_path)

    assert stat.S_IMODE((tmp_path / "operator/secrets.json").stat().st_mode) == 0o400


def test_no_two_services_share_a_secret(tmp_path: Path) -> None:
    """But those that are agreed: a service and its own owner's job; payment and its provider; notification and its."""
    services = {name: texts for name, texts in draw(tmp_path).items() if name in SETTINGS and "-" not in name}

    shared = [
        (one, other, text)
        for one, other in combinations(services, 2)
        for text in services[one].values()
        if text in services[other].values()
    ]

    assert shared == []


def test_where_the_stores_are_called_otherwise_the_operators_folder_says_so(tmp_path: Path) -> None:
    assert Places.told_in(tmp_path) == HERE

    (tmp_path / "places.json").write_text(json.dumps({"postgres": "shop-postgres:5432", "names": ["10.0.0.1"]}))

    assert Places.told_in(tmp_path) == replace(HERE, postgres="shop-postgres:5432", names=["10.0.0.1"])


def test_a_folder_that_nobody_may_write_to_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert main(["secrets", str(tmp_path / "file")]) == 1
    assert "refused: " in capsys.readouterr().err


def test_without_secrets_nothing_is_furnished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["furnish", str(tmp_path)]) == 2
    assert "run `shopctl secrets` first" in capsys.readouterr().err
