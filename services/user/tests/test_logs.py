"""What the logs say of people: that something happened, and never who they are or what they know."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from chassis import logging as chassis_logging
from user_service.domain.session import InvalidCredentials, SessionEnded, TooManyAttempts
from user_service.domain.user import Role

PASSWORD = "a walk in the deep forest"
WRONG = "a walk in the deep wood"
NEW = "eleven quiet lighthouses"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Logs as they are in production, on standard error."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    chassis_logging.configure(service="user", level="DEBUG")
    yield written
    structlog.reset_defaults()


async def test_security_events_are_logged_and_name_nobody(
    service, client, register, mailed_token, sign_in, announced, logged
) -> None:
    await register("ada.lovelace@example.com", name="Ada Lovelace")
    verification = mailed_token()
    await service.verify_email(token=verification)
    user = await service.find_user(email="ada.lovelace@example.com")
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await sign_in("ada.lovelace@example.com", WRONG)
    with pytest.raises(TooManyAttempts):
        await sign_in("ada.lovelace@example.com")
    first = await service.sign_in(email="ada.lovelace@example.com", password=PASSWORD, network="", device="")
    second = await service.refresh_session(refresh_token=first.refresh_token)
    third = await service.refresh_session(refresh_token=second.refresh_token)
    for stolen in (first, first):
        with pytest.raises(SessionEnded):
            await service.refresh_session(refresh_token=stolen.refresh_token)
    await service.set_roles(user_id=user.id, roles=frozenset({Role.SUPPORT}), by=user.id)
    await service.change_password(user=user, session_id=user.id, current=PASSWORD, new=NEW, network="")
    await service.request_password_reset(email="ada.lovelace@example.com", network="")
    reset = announced()[-1].data["token"]
    await service.reset_password(token=reset, password=PASSWORD)
    await service.disable_user(user_id=user.id, reason="Lovelace asked for it", by=user.id)
    await service.enable_user(user_id=user.id, by=user.id)
    await service.end_all_sessions(user_id=user.id)
    await client.post("/api/v1/sessions", json={"email": "ada.lovelace@example.com", "password": ["x", PASSWORD]})

    out = logged.getvalue()
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert events == [
        *["security.sign_in_failed"] * 10,
        "security.sign_in_limited",
        "security.signed_in",
        "security.refresh_reused",
        "security.refresh_refused",
        "security.roles_set",
        "security.password_changed",
        "security.password_reset",
        "security.user_disabled",
        "security.user_enabled",
        "security.sessions_ended",
    ]
    secrets = [PASSWORD, WRONG, NEW, verification, reset, *(each.refresh_token for each in (first, second, third))]
    secrets += [first.access_token, third.access_token]
    for known in ("lovelace", "Lovelace", str(user.id), *secrets):
        assert known not in out
