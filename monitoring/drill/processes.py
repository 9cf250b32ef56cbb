"""Drills of rules/processes.yml: somebody is not there, or has not what they need."""

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import asyncpg

from monitoring.drill.drill import Drill, on_page

AT_ONCE = 30
"""Three times as many visitors as there are connections."""


def service_down(drill: Drill) -> None:
    """Payment's worker has gone and does not come back. On a dev run that is a file in `down`, and no container."""
    alert = "ServiceDown"
    customer, sku = drill.shop.customer(), drill.shop.staff().something_new(stock=2)
    assert drill.watch.state(alert) == "inactive"
    with drill.away("payment-worker"):
        drill.say("payment's worker is away")
        order = customer.checkout(**{sku: 1})
        drill.say(f"order {order['number']} is accepted")
        drill.see_it_fire(alert)
    drill.say("payment's worker may come back")
    drill.see_it_end(alert, within=120)
    drill.see_mail("RESOLVED", alert, within=120)
    customer.order_in(order["id"], "CONFIRMED")
    drill.say(f"order {order['number']} is CONFIRMED")


def pool_exhausted(drill: Drill) -> None:
    """Somebody has left a console open at product's database, in a transaction that holds the catalogue."""
    alert = "PoolExhausted"
    assert drill.watch.state(alert) == "inactive"
    with asyncio.Runner() as runner, _left_open(drill, runner):
        drill.say("a forgotten transaction locks product's catalogue")
        _look_at_once(drill)
        drill.see_it_fire(alert)
        drill.say(f"the page's query finds and ends {runner.run(_end_the_oldest(drill, alert))}")
    answer = drill.shop.client.get("/api/v1/products", params={"q": "nobody has asked this"})
    drill.say(f"a visitor who looks at the catalogue is answered {answer.raise_for_status().status_code}")
    drill.see_it_end(alert, within=420)
    drill.see_mail("RESOLVED", alert, within=120)


@contextmanager
def _left_open(drill: Drill, runner: asyncio.Runner) -> Generator[None]:
    console = runner.run(_connect(drill))
    try:
        runner.run(console.execute("BEGIN; LOCK TABLE product IN ACCESS EXCLUSIVE MODE"))
        yield
    finally:
        console.terminate()


def _look_at_once(drill: Drill) -> None:
    """Each asks for what the gateway does not know yet; most hear 503."""

    def look(number: int) -> int:
        asked = {"q": f"drill {number} {drill.began}"}
        return drill.shop.client.get("/api/v1/products", params=asked).status_code

    with ThreadPoolExecutor(AT_ONCE) as visitors:
        answers = list(visitors.map(look, range(AT_ONCE)))
    drill.say(f"{AT_ONCE} visitors look at the catalogue at once: {sorted(set(answers))}")


async def _connect(drill: Drill) -> asyncpg.Connection:
    """As the owner of the tables: the service itself may not stay idle in a transaction."""
    return await asyncpg.connect(drill.run.told("product", "DATABASE_OWNER_URL").replace("+asyncpg", ""))


async def _end_the_oldest(drill: Drill, alert: str) -> str:
    """By the query under "Look" and the statement under "Heal" of the page."""
    look = on_page(alert, r'psql [^"]*-c "(SELECT .*?)"')
    console = await _connect(drill)
    try:
        found = [each for each in await console.fetch(look) if each["state"] == "idle in transaction"]
        await console.execute(f"SELECT pg_terminate_backend({found[0]['pid']})")
    finally:
        await console.close()
    return f"{found[0]['query']!r} after {found[0]['age'].total_seconds():.0f} s"
