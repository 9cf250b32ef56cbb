import json

import pytest
from chassis.settings import load
from user_service.adapters.access_tokens import new_signing_key
from user_service.settings import UserSettings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that has no default."""
    for name, value in {
        "DATABASE_URL": "postgresql+asyncpg://user@db/user",
        "BROKER_URL": "amqp://user@broker",
        "REDIS_URL": "redis://cache",
        "SIGNING_KEY": new_signing_key(),
        "REFRESH_KEY": "r" * 32,
        "PEPPERS": json.dumps({"1": "p" * 32, "2": "q" * 32}),
        "PEPPER_ID": "2",
    }.items():
        monkeypatch.setenv(f"USER_{name}", value)
    return monkeypatch


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("USER_SIGN_IN_WINDOW", "PT1H")

    settings = load(UserSettings)

    assert settings.pepper_id == "2"
    assert settings.peppers["1"].get_secret_value() == "p" * 32
    assert settings.sign_in_window.total_seconds() == 3600
    assert settings.trusted_hops == 0


def test_secrets_are_not_shown(environment: pytest.MonkeyPatch) -> None:
    shown = repr(load(UserSettings))

    assert "PRIVATE KEY" not in shown
    assert "pppp" not in shown
    assert "rrrr" not in shown


def test_keys_come_from_a_file_or_from_a_setting_and_not_from_both(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("USER_SIGNING_KEYS_FILE", "/run/keys/signing_keys")
    with pytest.raises(SystemExit):
        load(UserSettings)
    assert "USER_SIGNING_KEY: " in capsys.readouterr().err

    environment.delenv("USER_SIGNING_KEY")
    assert str(load(UserSettings).signing_keys_file) == "/run/keys/signing_keys"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("DATABASE_URL", "postgresql://user@db/user"),
        ("BROKER_URL", "broker"),
        ("REDIS_URL", "http://cache"),
        ("SIGNING_KEY", None),
        ("SIGNING_KEY", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"),
        ("SIGNING_KEY", "no key at all"),
        ("REFRESH_KEY", None),
        ("REFRESH_KEY", "short"),
        ("PEPPERS", None),
        ("PEPPERS", "p" * 32),
        ("PEPPERS", '{"1": "short", "2": "short"}'),
        ("PEPPER_ID", "3"),
        ("BREACHED_PASSWORDS_FILE", "/there/is/none"),
        ("TRUSTED_HOPS", "-1"),
        ("NETWORK_FAILURES", "0"),
        ("ACCOUNT_FAILURES", "many"),
        ("REGISTRATIONS_PER_HOUR", "0"),
    ],
)
def test_a_missing_or_bad_setting_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(f"USER_{name}")
    else:
        environment.setenv(f"USER_{name}", value)

    with pytest.raises(SystemExit) as stopped:
        load(UserSettings)

    assert stopped.value.code == 2
    assert f"USER_{name}" in capsys.readouterr().err
