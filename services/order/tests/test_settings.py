import pytest
from chassis.settings import load
from order_service.settings import OrderSettings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that has no default."""
    for name, value in {
        "MONGO_URL": "mongodb://store/?replicaSet=rs0",
        "BROKER_URL": "amqp://order@broker",
        "USER_URL": "http://user",
        "PRODUCT_URL": "http://product",
        "CART_SECRET": "c" * 32,
    }.items():
        monkeypatch.setenv(f"ORDER_{name}", value)
    return monkeypatch


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ORDER_SWEEP_EVERY", "PT0.5S")

    settings = load(OrderSettings)

    assert settings.mongo_database == "order"
    assert settings.sweep_every.total_seconds() == 0.5
    assert settings.development_door is False


def test_secrets_are_not_shown(environment: pytest.MonkeyPatch) -> None:
    assert "cccc" not in repr(load(OrderSettings))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGO_URL", None),
        ("BROKER_URL", None),
        ("USER_URL", None),
        ("PRODUCT_URL", None),
        ("CART_SECRET", None),
        ("CART_SECRET", "short"),
        ("SWEEP_EVERY", "now and again"),
        ("PUBLIC_PORT", "65536"),
    ],
)
def test_a_missing_or_bad_setting_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(f"ORDER_{name}")
    else:
        environment.setenv(f"ORDER_{name}", value)

    with pytest.raises(SystemExit) as stopped:
        load(OrderSettings)

    assert stopped.value.code == 2
    assert f"ORDER_{name}" in capsys.readouterr().err
