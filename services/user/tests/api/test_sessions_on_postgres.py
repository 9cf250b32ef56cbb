"""Sessions on two API processes with pools of their own, on one real database: races, lost replies, thieves."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2
import pytest
import structlog
from chassis.health import Health
from chassis.world import World
from user_service.domain.user import Role
from user_service.main import create_apps
from user_service.wiring import UserService, open_service, settings_for_one_run

PASSWORD = "eleven quiet lighthouses"
EMAIL = "boss@example.com"
ROUNDS = int(os.environ.get("MERCATO_ROUNDS", "5"))
"""`MERCATO_ROUNDS=200` is the size that counts; each round is of a family of its own, and of one user."""
PATIENCE_SECONDS = 30


@dataclass
class Processes:
    """Two of user's API processes, and a look behind them."""

    doors: list[httpx2.AsyncClient]
    services: list[UserService]
    database: asyncpg.Connection

    async def sign_in(self, password: str = PASSWORD) -> dict[str, str]:
        answer = await self.try_to_sign_in(password)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def try_to_sign_in(self, password: str, *, by: int = 0) -> httpx2.Response:
        return await self._insist("POST", "/api/v1/sessions", by=by, json={"email": EMAIL, "password": password})

    async def refresh(self, token: str, *, by: int = 0) -> httpx2.Response:
        return await self._insist("POST", "/api/v1/sessions/refresh", by=by, json={"refresh_token": token})

    async def ask(self, method: str, path: str, token: str, *, by: int = 0, **more: Any) -> httpx2.Response:
        return await self._insist(method, path, by=by, headers={"Authorization": f"Bearer {token}"}, **more)

    async def _insist(self, method: str, path: str, *, by: int, **more: Any) -> httpx2.Response:
        """The answer; "try again in a moment" is none, and is followed as clients do."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self.doors[by % 2].request(method, path, **more)
                if answer.status_code != 503:
                    return answer

    async def me(self, token: str, *, by: int = 0) -> int:
        answer = await self.doors[by % 2].get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    async def live(self) -> int:
        facts = [fact async for fact in self.services[1].facts() if fact["kind"] == "refresh_token"]
        return sum(fact["live"] for fact in facts)

    async def alarms(self) -> int:
        """How often the owner was to be mailed about a stolen token."""
        return await self.database.fetchval(
            "SELECT count(*) FROM outbox WHERE envelope->'data'->>'kind' = 'refresh_reused'"
        )

    async def let_pass(self, seconds: int) -> None:
        """As if every use of a token had been so long ago."""
        await self.database.execute(
            "UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => $1)", float(seconds)
        )


def security(logs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What this service makes of it; that a door refused somebody is told apart."""
    events = [each["event"] for each in logs]
    return [each for each in events if each.startswith("security.") and each != "security.refused"]


@pytest.fixture
async def processes(fresh_accounts, fresh_redis) -> AsyncGenerator[Processes]:
    stores = {"database_url": fresh_accounts.url, "redis_url": fresh_redis}
    world = World()
    settings = settings_for_one_run(world, **stores)
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(open_service(settings, world)) for _ in range(2)]
        apps = [create_apps(each, settings, verifier=each.verifier(world), health=Health(world)) for each in services]
        doors = [
            await stack.enter_async_context(
                httpx2.AsyncClient(transport=httpx2.ASGITransport(each.public), base_url="http://user")
            )
            for each in apps
        ]
        database = await asyncpg.connect(fresh_accounts.owner_url.replace("+asyncpg", ""))
        stack.push_async_callback(database.close)
        await services[0].bootstrap_admin(email=EMAIL, name="Boss", password=PASSWORD)
        yield Processes(doors, services, database)


async def test_fifty_refreshes_at_once_leave_one_live_successor_round_after_round(processes: Processes) -> None:
    token = (await processes.sign_in())["refresh_token"]

    for _ in range(ROUNDS):
        answers = await asyncio.gather(*(processes.refresh(token, by=n) for n in range(50)))

        assert {each.status_code for each in answers} == {200}
        [token] = {each.json()["refresh_token"] for each in answers}
        assert await processes.live() == 1


async def test_a_lost_reply_is_given_again_for_a_minute_and_later_ends_the_session_without_alarm(
    processes: Processes,
) -> None:
    for _ in range(ROUNDS):
        first = await processes.sign_in()
        second = (await processes.refresh(first["refresh_token"])).json()
        await processes.let_pass(seconds=55)

        again = await processes.refresh(first["refresh_token"], by=1)
        await processes.let_pass(seconds=6)
        with structlog.testing.capture_logs() as logs:
            late = await processes.refresh(first["refresh_token"], by=1)

        assert again.json()["refresh_token"] == second["refresh_token"]
        assert late.status_code == 401
        assert await processes.live() == 0
        assert (await processes.refresh(second["refresh_token"])).status_code == 401
        assert await processes.me(second["access_token"]) == 401
        assert security(logs) == ["security.refresh_refused"]
    assert await processes.database.fetchval("SELECT session_version FROM users") == 1
    assert await processes.alarms() == 0


@pytest.mark.parametrize("owner_is_first", [True, False])
async def test_a_stolen_token_ends_the_family_for_owner_and_thief_at_once_and_leaves_other_devices(
    processes: Processes, owner_is_first
) -> None:
    elsewhere = await processes.sign_in()
    quick, slow = (0, 1) if owner_is_first else (1, 0)

    for _ in range(ROUNDS):
        stolen = await processes.sign_in()
        second = (await processes.refresh(stolen["refresh_token"], by=quick)).json()
        third = (await processes.refresh(second["refresh_token"], by=quick)).json()

        with structlog.testing.capture_logs() as logs:
            late = await processes.refresh(stolen["refresh_token"], by=slow)

        assert late.status_code == 401
        assert late.json()["type"] == "urn:mercato:problem:session_ended"
        assert await processes.live() == 1
        assert (await processes.refresh(third["refresh_token"], by=quick)).status_code == 401
        assert [await processes.me(each["access_token"]) for each in (stolen, second, third)] == [401, 401, 401]
        elsewhere = (await processes.refresh(elsewhere["refresh_token"], by=slow)).json()
        assert await processes.me(elsewhere["access_token"]) == 200
        [alarm] = [each for each in logs if each["event"] == "security.refresh_reused"]
        assert alarm["log_level"] == "warning"
        assert str(await processes.database.fetchval("SELECT id FROM users")) not in str(logs)
    assert await processes.alarms() == ROUNDS


async def test_signing_out_among_many_refreshes_leaves_nothing_alive(processes: Processes) -> None:
    for _ in range(ROUNDS):
        grant = await processes.sign_in()
        out = {"Authorization": f"Bearer {grant['access_token']}"}

        answers = await asyncio.gather(
            *(processes.refresh(grant["refresh_token"], by=n) for n in range(20)),
            processes.doors[1].delete("/api/v1/sessions/current", headers=out),
        )

        assert answers[-1].status_code == 204
        given = {each.json()["refresh_token"] for each in answers[:-1] if each.status_code == 200}
        assert len(given) <= 1
        assert await processes.live() == 0
        for token in (grant["refresh_token"], *given):
            assert (await processes.refresh(token)).status_code == 401
        assert await processes.me(grant["access_token"]) == 401


async def test_a_role_that_is_taken_is_gone_at_once_and_from_every_later_token(processes: Processes) -> None:
    service = processes.services[0]
    boss = await service.find_user(email=EMAIL)
    await service.register(email="sam@example.com", name="Sam", password=PASSWORD, locale="en", network="")
    sam = await service.find_user(email="sam@example.com")
    await service.set_roles(user_id=sam.id, roles=frozenset({Role.ADMIN}), by=boss.id)
    grant = await processes.sign_in()

    async def look(token: str, *, by: int) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return (await processes.doors[by].get("/api/v1/users", params={"email": EMAIL}, headers=headers)).status_code

    assert await look(grant["access_token"], by=1) == 200
    await asyncio.gather(
        service.set_roles(user_id=boss.id, roles=frozenset({Role.CUSTOMER}), by=sam.id),
        *(processes.refresh(grant["refresh_token"], by=n) for n in range(20)),
    )

    assert (await processes.refresh(grant["refresh_token"], by=1)).status_code == 401
    assert [await look(grant["access_token"], by=by) for by in (0, 1)] == [401, 401]
    following = await processes.sign_in()
    assert following["user"]["roles"] == ["customer"]
    assert [await look(following["access_token"], by=by) for by in (0, 1)] == [403, 403]


async def test_of_two_admins_who_unmake_each_other_one_stays(processes: Processes) -> None:
    first, second = processes.services
    boss = await first.find_user(email=EMAIL)
    await first.register(email="sam@example.com", name="Sam", password=PASSWORD, locale="en", network="")
    sam = await first.find_user(email="sam@example.com")
    await first.set_roles(user_id=sam.id, roles=frozenset({Role.ADMIN}), by=boss.id)
    nothing = frozenset({Role.CUSTOMER})

    outcomes = await asyncio.gather(
        first.set_roles(user_id=boss.id, roles=nothing, by=sam.id),
        second.set_roles(user_id=sam.id, roles=nothing, by=boss.id),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in outcomes) == ["LastAdmin", "User"]
    assert await processes.database.fetchval("SELECT count(*) FROM users WHERE roles @> ARRAY['admin']") == 1


async def test_a_password_that_changes_among_many_sign_ins_and_refreshes_leaves_one_session(
    processes: Processes,
) -> None:
    current = PASSWORD
    for turn in range(ROUNDS):
        new = f"{turn} more quiet lighthouses"
        here, elsewhere = await processes.sign_in(current), await processes.sign_in(current)
        body = {"current_password": current, "new_password": new}

        changed, *answers = await asyncio.gather(
            processes.ask("POST", "/api/v1/me/password", here["access_token"], json=body),
            *(processes.try_to_sign_in(current, by=n) for n in range(4)),
            *(processes.refresh(elsewhere["refresh_token"], by=n) for n in range(8)),
        )

        assert changed.status_code == 204, changed.text
        assert {each.status_code for each in answers} <= {200, 201, 401}
        listed = await processes.ask("GET", "/api/v1/sessions", here["access_token"], by=1)
        assert [each["current"] for each in listed.json()["items"]] == [True]
        assert await processes.live() == 1
        await processes.ask("DELETE", "/api/v1/sessions", here["access_token"])
        current = new


async def test_signing_out_everywhere_among_thefts_leaves_nothing_alive_and_nobody_waits_in_a_circle(
    processes: Processes,
) -> None:
    for _ in range(ROUNDS):
        grants = [await processes.sign_in() for _ in range(4)]
        for each in grants:
            second = (await processes.refresh(each["refresh_token"])).json()
            await processes.refresh(second["refresh_token"])

        # Each first token is a stolen one by now.
        answers = await asyncio.gather(
            processes.ask("DELETE", "/api/v1/sessions", grants[0]["access_token"], by=1),
            *(processes.refresh(each["refresh_token"], by=n) for n, each in enumerate(grants)),
        )

        assert answers[0].status_code in (204, 401)
        assert {each.status_code for each in answers[1:]} == {401}
        assert await processes.live() == 0


async def test_what_ends_is_announced_once_for_each_session(processes: Processes) -> None:
    grants = [await processes.sign_in() for _ in range(6)]
    outs = [each["access_token"] for each in grants]

    await asyncio.gather(
        *(processes.ask("DELETE", "/api/v1/sessions/current", token, by=n) for n, token in enumerate(outs * 2)),
        processes.ask("DELETE", "/api/v1/sessions", outs[0]),
    )

    said = await processes.database.fetch("SELECT envelope FROM outbox WHERE routing_key = 'SessionsRevoked.v1'")
    ended = [id_ for row in said for id_ in json.loads(row["envelope"])["data"]["session_ids"]]
    assert sorted(ended) == sorted(
        str(row["id"]) for row in await processes.database.fetch("SELECT id FROM sessions WHERE ended_at IS NOT NULL")
    )
    assert len(ended) == 6
