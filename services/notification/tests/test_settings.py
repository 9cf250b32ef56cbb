import pytest
from chassis.settings import load
from notification_service.settings import NotificationSettings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that has no default."""
    for name, value in {
        "MONGO_URL": "mongodb://db",
        "BROKER_URL": "amqp://broker",
        "USER_URL": "http://user",
        "SMTP_HOST": "mail",
        "SHOP_URL": "https://shop.example",
    }.items():
        monkeypatch.setenv(f"NOTIFICATION_{name}", value)
    return monkeypatch


def test_settings_are_read_and_the_password_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("NOTIFICATION_SMTP_USERNAME", "mercato")
    environment.setenv("NOTIFICATION_SMTP_PASSWORD", "hush-hush")

    settings = load(NotificationSettings)

    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "hush-hush"
    assert (settings.smtp_port, settings.smtp_start_tls) == (587, True)
    assert "hush-hush" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGO_URL", None),
        ("MONGO_URL", "postgresql://db"),
        ("BROKER_URL", None),
        ("BROKER_URL", "broker"),
        ("USER_URL", None),
        ("USER_URL", "user"),
        ("SMTP_HOST", None),
        ("SMTP_HOST", ""),
        ("SMTP_PORT", "0"),
        ("SMTP_START_TLS", "perhaps"),
        ("SMTP_PASSWORD", "without a username"),
        ("MAIL_SENDER", "Mercato"),
        ("MAIL_SENDER", "Mercato <hello@mercato.example>\nBcc: all@example.org"),
        ("SMS_TOKEN", "without an account"),
        ("SMS_SENDER", "+491701234567"),
        ("SMS_URL", "api.example"),
        ("SMS_PREFIXES", '["49"]'),
        ("SMS_PREFIXES", "[]"),
        ("SMS_PER_PERSON_A_DAY", "0"),
        ("SHOP_URL", None),
        ("SHOP_URL", "shop.example"),
    ],
)
def test_a_missing_or_bad_setting_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(f"NOTIFICATION_{name}")
    else:
        environment.setenv(f"NOTIFICATION_{name}", value)

    with pytest.raises(SystemExit) as stopped:
        load(NotificationSettings)

    assert stopped.value.code == 2
    assert f"NOTIFICATION_{name}" in capsys.readouterr().err


def test_the_live_sms_provider_and_an_open_door_do_not_meet(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"SMS_ACCOUNT": "AC1", "SMS_TOKEN": "hush-hush", "SMS_SENDER": "Mercato"}.items():
        environment.setenv(f"NOTIFICATION_{name}", value)
    assert load(NotificationSettings).sms_account == "AC1"
    environment.setenv("NOTIFICATION_DEVELOPMENT_DOOR", "true")

    with pytest.raises(SystemExit):
        load(NotificationSettings)

    said = capsys.readouterr().err
    assert "NOTIFICATION_SMS_ACCOUNT" in said
    assert "hush-hush" not in said
