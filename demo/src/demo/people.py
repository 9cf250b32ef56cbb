"""The two accounts of this run: staff and a customer, with passwords that nobody has seen before."""

import re
from dataclasses import dataclass, field

import httpx2
from chassis.world import World
from simulators.mail import MailCatcher
from user_service.wiring import UserService

LINK = re.compile(r"verify-email\?token=(\S+)")
LOOK_EVERY = 0.02
PATIENCE_SECONDS = 10.0


class DemoFailed(Exception):
    """The shop in this process did not do what a shop must."""


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    password: str = field(repr=False)


async def make_staff(user: UserService, world: World) -> Person:
    """The first admin, made as the operator's command makes one."""
    person = Person("staff@mercato.example", "Demo staff", world.dice.token())
    await user.bootstrap_admin(email=person.email, name=person.name, password=person.password)
    return person


async def make_customer(shop: httpx2.AsyncClient, mail: MailCatcher, world: World) -> Person:
    """Somebody who has registered and followed the link in the mail, as everybody must."""
    person = Person("customer@mercato.example", "Demo customer", world.dice.token())
    body = {"email": person.email, "name": person.name, "password": person.password}
    _expect(202, await shop.post("/api/v1/users", json=body))
    token = await _mailed_token(mail, person.email, world)
    _expect(204, await shop.post("/api/v1/users/verification", json={"token": token}))
    return person


async def sign_in(shop: httpx2.AsyncClient, person: Person) -> dict[str, object]:
    """A fresh session, as the public interface answers it."""
    return _expect(
        201, await shop.post("/api/v1/sessions", json={"email": person.email, "password": person.password})
    ).json()


async def _mailed_token(mail: MailCatcher, email: str, world: World) -> str:
    until = world.clock.monotonic() + PATIENCE_SECONDS
    while world.clock.monotonic() < until:
        for each in mail.mails(to=email):
            if link := LINK.search(each.text):
                return link[1]
        await world.clock.sleep(LOOK_EVERY)
    raise DemoFailed(f"no verification mail came within {PATIENCE_SECONDS:.0f} s")


def _expect(status: int, answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code != status:
        raise DemoFailed(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer
