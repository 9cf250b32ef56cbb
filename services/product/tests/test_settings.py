from datetime import timedelta

import pytest
from chassis.settings import load
from product_service.settings import ProductSettings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that has no default."""
    for name, value in {
        "DATABASE_URL": "postgresql+asyncpg://product@db/product",
        "BROKER_URL": "amqp://product@broker",
        "USER_URL": "http://user",
    }.items():
        monkeypatch.setenv(f"PRODUCT_{name}", value)
    return monkeypatch


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PRODUCT_HOLD_TTL", "PT1H")

    settings = load(ProductSettings)

    assert settings.hold_ttl == timedelta(hours=1)
    assert settings.expire_every == timedelta(seconds=5)
    assert settings.development_door is False
    assert settings.database_owner_url is None


def test_a_hold_lives_longer_than_a_payment_page() -> None:
    assert ProductSettings.model_fields["hold_ttl"].default == timedelta(minutes=40)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("BROKER_URL", None),
        ("USER_URL", None),
        ("HOLD_TTL", "PT0S"),
        ("HOLD_TTL", "soon"),
        ("EXPIRE_EVERY", "PT0S"),
        ("MAX_IN_FLIGHT", "0"),
        ("PUBLIC_PORT", "70000"),
    ],
)
def test_a_missing_or_bad_setting_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(f"PRODUCT_{name}")
    else:
        environment.setenv(f"PRODUCT_{name}", value)

    with pytest.raises(SystemExit) as stopped:
        load(ProductSettings)

    assert stopped.value.code == 2
    assert f"PRODUCT_{name}" in capsys.readouterr().err
