"""Two people for this run: a member of staff and a customer, with passwords nobody has seen before."""

from dataclasses import dataclass

from chassis.world import World
from user_service.domain.user import Role
from user_service.wiring import UserService


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    password: str
    name: str


async def make_staff(user: UserService, world: World) -> Person:
    """The first member of staff."""
    person = Person("staff@mercato.example", world.dice.token(), "Sam Staff")
    await user.bootstrap_admin(email=person.email, name=person.name, password=person.password)
    return person


async def sign_in(user: UserService, person: Person) -> dict[str, object]:
    """A fresh session, as the user service answers it."""
    grant = await user.sign_in(email=person.email, password=person.password, network="127.0.0.0/24", device="door")
    return {"access_token": grant.access_token, "refresh_token": grant.refresh_token}
