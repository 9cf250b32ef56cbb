import pytest
from chassis.settings import load
from payment_service.settings import PaymentSettings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that has no default."""
    for name, value in {
        "DATABASE_URL": "postgresql+asyncpg://payment@db/payment",
        "BROKER_URL": "amqp://payment@broker",
        "USER_URL": "http://user",
        "PROVIDER_KEY": "sk_live_of_the_shop",
        "WEBHOOK_SECRET": "whsec_of_today",
    }.items():
        monkeypatch.setenv(f"PAYMENT_{name}", value)
    return monkeypatch


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMENT_LOOK_EVERY", "PT2S")

    settings = load(PaymentSettings)

    assert settings.provider_url == "https://api.stripe.com"
    assert settings.webhook_secrets == ("whsec_of_today",)
    assert settings.look_every.total_seconds() == 2
    assert settings.hands == 8
    assert settings.development_door is False


def test_two_secrets_are_active_while_one_replaces_the_other(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMENT_WEBHOOK_SECRET_BEFORE", "whsec_of_yesterday")

    assert load(PaymentSettings).webhook_secrets == ("whsec_of_today", "whsec_of_yesterday")


def test_secrets_are_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMENT_WEBHOOK_SECRET_BEFORE", "whsec_of_yesterday")

    shown = repr(load(PaymentSettings))

    assert "sk_live" not in shown
    assert "whsec" not in shown


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_and_an_open_door_refuse_to_meet(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    environment.setenv("PAYMENT_DEVELOPMENT_DOOR", "true")
    environment.setenv("PAYMENT_PROVIDER_KEY", key)

    with pytest.raises(SystemExit) as stopped:
        load(PaymentSettings)

    assert stopped.value.code == 2
    complaint = capsys.readouterr().err
    assert "PAYMENT_PROVIDER_KEY" in complaint
    assert key not in complaint


def test_a_test_key_may_stand_behind_an_open_door(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAYMENT_DEVELOPMENT_DOOR", "true")
    environment.setenv("PAYMENT_PROVIDER_KEY", "sk_test_1")

    assert load(PaymentSettings).development_door is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("BROKER_URL", None),
        ("USER_URL", None),
        ("PROVIDER_KEY", None),
        ("PROVIDER_KEY", ""),
        ("WEBHOOK_SECRET", None),
        ("WEBHOOK_SECRET", ""),
        ("WEBHOOK_SECRET_BEFORE", ""),
        ("HANDS", "0"),
        ("HANDS", "many"),
        ("LOOK_EVERY", "often"),
    ],
)
def test_a_missing_or_bad_setting_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(f"PAYMENT_{name}")
    else:
        environment.setenv(f"PAYMENT_{name}", value)

    with pytest.raises(SystemExit) as stopped:
        load(PaymentSettings)

    assert stopped.value.code == 2
    assert f"PAYMENT_{name}" in capsys.readouterr().err
