"""What the chart derives is what shopctl would draw, and every process reads what it is given."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chassis.settings import ServiceSettings
from notification_service.settings import NotificationSettings
from order_service.settings import OrderSettings
from payment_service.settings import PaymentSettings
from product_service.settings import ProductSettings
from shopctl.first_secrets import Drawn, Places, files
from storefront.settings import StorefrontSettings
from user_service.adapters.access_tokens import new_signing_key
from user_service.settings import UserSettings

from tests.chart.conftest import ENVIRONMENTS, ROOT, Manifest, Render, ask

SETTINGS: dict[str, type[ServiceSettings]] = {
    "user": UserSettings,
    "product": ProductSettings,
    "order": OrderSettings,
    "payment": PaymentSettings,
    "notification": NotificationSettings,
    "storefront": StorefrontSettings,
}
KEY = new_signing_key()


def secrets(render: Render, environment: str = "ci", **values: Any) -> dict[str, dict[str, str]]:
    found = render(environment, **values).of("Secret")
    return {each["metadata"]["name"].removeprefix("shop-"): dict(each["stringData"]) for each in found}


def test_the_chart_draws_what_shopctl_would(render: Render) -> None:
    ours = secrets(render, door__names=["shop.test"])
    operator = ours.pop("operator")
    drawn, places = Drawn(**json.loads(operator["secrets.json"])), Places(**json.loads(operator["places.json"]))

    theirs = {reader: dict(texts) for reader, texts in files(drawn, places).items()}

    # The door has a Secret of its own here, and the key that signs comes as a setting, not as a file that is kept.
    door = json.loads(ours.pop("door")["door.json"])
    assert door == json.loads(theirs["simulators"].pop("door.json"))
    for reader in ("user", "user-owner"):
        ours[reader].pop("user_signing_key")
    for each in (ours, theirs):  # whose line comes first says nothing
        each["valkey"]["users.acl"] = "\n".join(sorted(each["valkey"]["users.acl"].splitlines()))
    assert ours == theirs


def test_another_seed_makes_another_secret_of_every_kind(render: Render) -> None:
    here, there = (json.loads(secrets(render, secrets__seed=seed * 40)["operator"]["secrets.json"]) for seed in "ab")

    def leaves(told: dict[str, Any]) -> dict[str, str]:
        flat = {name: text for name, text in told.items() if isinstance(text, str)}
        nested = {f"{kind}/{name}": text for kind in told for name, text in _items(told[kind])}
        return flat | nested

    assert [name for name, text in leaves(here).items() if text == leaves(there)[name]] == []
    assert len(set(leaves(here).values())) == len(leaves(here))


def _items(value: object) -> list[tuple[str, str]]:
    return list(value.items()) if isinstance(value, dict) else []


def test_without_a_seed_one_is_drawn_and_kept_when_the_release_goes() -> None:
    once, again = (ask("template", "shop", ROOT / "deploy/helm/shop", "-s", "templates/secrets.yaml") for _ in "ab")

    assert once != again
    assert "helm.sh/resource-policy: keep" in once
    assert "BEGIN EC PRIVATE KEY" in once


def test_where_others_make_all_secrets_nothing_is_drawn(render: Render) -> None:
    assert render("prod").of("Secret") == []


@pytest.mark.parametrize("environment", ["default", "ci", "dev", "staging"])
@pytest.mark.parametrize("service", SETTINGS)
def test_a_process_reads_what_it_is_told(
    environment: str, service: str, render: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = render(environment, secrets__signingKey=KEY)
    package = service if service == "storefront" else f"{service}_service"
    for kind in ("main",) if service == "storefront" else ("main", "worker"):
        name = f"shop-{service}" + ("-worker" if kind == "worker" else "")
        template: Manifest = release.one("Deployment", name)["spec"]["template"]
        [container] = template["spec"]["containers"]
        assert container["command"] == ["python", "-m", f"{package}.{kind}"]
        [volume] = [each for each in template["spec"]["volumes"] if each["name"] == "secrets"]
        for file, text in release.one("Secret", volume["secret"]["secretName"])["stringData"].items():
            (tmp_path / file).write_text(text)
        for variable in [each for each in os.environ if each.startswith(f"{service.upper()}_")]:
            monkeypatch.delenv(variable)
        for told in container["env"]:
            monkeypatch.setenv(told["name"], told["value"])

        settings = SETTINGS[service](_secrets_dir=tmp_path)

        known = {f"{service}_{name}".upper() for name in SETTINGS[service].model_fields}
        assert {told["name"] for told in container["env"]} <= known, "a setting that nobody reads"
        if isinstance(settings, StorefrontSettings):
            assert settings.test_cards, "where cards are a simulator's"
        assert settings.development_door == (environment in ("ci", "dev"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_payment_page_may_send_customers_back_to_where_the_shop_is(environment: str, render: Render) -> None:
    """Nobody may be sent anywhere else, and without it no hosted payment is taken."""
    told = {
        each["name"]: each["value"]
        for name in ("order", "notification")
        for container in render(environment).templates()[f"Deployment/shop-{name}"]["spec"]["containers"]
        for each in container["env"]
    }

    assert told["ORDER_RETURN_HOSTS"] == urlsplit(told["NOTIFICATION_SHOP_URL"]).hostname
