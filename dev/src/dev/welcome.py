"""A first customer, as everybody becomes one, and what can be tried."""

from collections.abc import Sequence

import httpx2
from simulators.visitor.first_steps import first_steps
from simulators.visitor.people import Person, make_customer, sign_in
from simulators.visitor.shopping import fill_cart

from dev.building import Building
from dev.outside import CUSTOMER

DOOR = {"X-Mercato-Door": "dev"}
ANSWER_SECONDS = 20


async def welcome(building: Building, *, opened: str, colour: bool) -> str:
    """The text, once there is a customer with a cart. Raises VisitFailed."""
    secrets, staff = building.street.plan.secrets, building.world.staff
    customer = Person(CUSTOMER, "Demo customer", secrets.customer_password)
    async with httpx2.AsyncClient(base_url=building.gateway.url, timeout=ANSWER_SECONDS) as shop:

        async def mailed(to: str) -> Sequence[str]:
            mails = (await shop.get("/dev/mail/mails", params={"to": to}, headers=DOOR)).raise_for_status().json()
            return [each["text"] for each in mails]

        if not await _knows(shop, customer):
            await make_customer(shop, customer, mailed=mailed)
        session = await sign_in(shop, customer)
        cart = await fill_cart(shop, str(session["access_token"]))
    return first_steps(
        url=building.gateway.url,
        opened=opened,
        staff=Person(staff["email"], "Sam Staff", staff["password"]),
        customer=customer,
        cart=cart,
        colour=colour,
    )


async def _knows(shop: httpx2.AsyncClient, person: Person) -> bool:
    """Kept data know the customer of the run before."""
    body = {"email": person.email, "password": person.password}
    return (await shop.post("/api/v1/sessions", json=body)).status_code == 201
