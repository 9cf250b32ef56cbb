"""A mail server and a telephone company on a bad day: what is owed is told once, or it is written down why not."""

import asyncio
import os
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
from simulators.mail import Kind, MailFault, Stage
from simulators.phone import Kind as PhoneKind
from simulators.phone import PhoneFault
from testkit.evidence import Evidence
from testkit.verify.facts import Fact, Facts

from tests.faults.shop.busy_day import PARCEL
from tests.faults.shop.crowd import Buyer, Crowd, Wish, expect
from tests.faults.shop.deeds import until
from tests.faults.shop.ending import at_rest, ends_as
from tests.faults.shop.shelves import clerk, put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

HASTY = "tests.faults.shop.hasty_worker"
EACH = int(os.environ.get("MERCATO_TOLD", "1"))
"""Customers to whom the same thing happens; `MERCATO_TOLD=20` is the size that counts."""
PATIENCE = "2"
"""Seconds that the worker waits for an answer."""
BEYOND = 5.0
"""Longer than that."""
WITHIN = 0.3


@dataclass(frozen=True)
class Bad:
    """What goes wrong with somebody's mail or message, how it must end, how often it may have come, and been tried.

    A busy machine may keep us waiting longer than we wait: then it is tried once more, and may come once more.
    """

    fault: MailFault | PhoneFault
    state: str = "ACCEPTED"
    copies: Collection[int] = (1,)
    tried: int = 2

    def resends(self, owed: Fact) -> int:
        return max(0, max(self.copies) - 1) + owed["attempts"] - self.tried


MAILS: Sequence[Bad] = (
    *(Bad(MailFault(Kind.REFUSE_FOR_NOW, stage=stage)) for stage in Stage),
    Bad(MailFault(Kind.REFUSE_FOR_NOW, times=3), tried=4),
    *(Bad(MailFault(Kind.REFUSE_FOR_GOOD, stage=stage), "SUPPRESSED", copies=(0,), tried=1) for stage in Stage),
    Bad(MailFault(Kind.DROP_AFTER_ACCEPTING), copies=(2,)),
    Bad(MailFault(Kind.SLOW, seconds=WITHIN), tried=1),
    # Whoever hangs up while the server is still at it does not know whether it was kept.
    Bad(MailFault(Kind.SLOW, seconds=BEYOND), copies=(1, 2)),
)
TEXTS: Sequence[Bad] = (
    Bad(PhoneFault(PhoneKind.TOO_MANY)),
    Bad(PhoneFault(PhoneKind.ERROR_BEFORE)),
    Bad(PhoneFault(PhoneKind.ERROR_AFTER), copies=(2,)),
    Bad(PhoneFault(PhoneKind.INVALID_NUMBER), "SUPPRESSED", copies=(0,), tried=1),
    Bad(PhoneFault(PhoneKind.SLOW, seconds=WITHIN), tried=1),
    Bad(PhoneFault(PhoneKind.SLOW, seconds=BEYOND), copies=(2,)),
)


async def test_a_confirmation_comes_under_one_name_whatever_the_mail_server_does(
    crowd: Crowd, evidence: Evidence
) -> None:
    evidence("F14", trials=EACH * len(MAILS), unit="mails")
    await put_on_shelves(crowd.street, **{"MAILED": 10_000})
    days = [bad for bad in MAILS for _ in range(EACH)]
    buyers = await crowd.grow(len(days))
    for buyer, bad in zip(buyers, days, strict=True):
        assert isinstance(bad.fault, MailFault)
        crowd.street.world.mail.misbehave(replace(bad.fault, to=buyer.email))

    async with crowd.street.worker_instead("notification", HASTY, "notification", PATIENCE):
        promises = await few_at_once(buyer.buy(Wish("MAILED")) for buyer in buyers)
        due = {promise.order_id: bad for promise, bad in zip(promises, days, strict=True)}
        facts = await at_rest(crowd.street)
        owed = {each["order_id"]: each for each in facts["delivery"] if each["type"] == "order_confirmed"}
        resends = sum(bad.resends(owed[id_]) for id_, bad in due.items())
        await ends_as(crowd, dict.fromkeys(due, "CONFIRMED"), excused=["mail.refused"], resends=resends)

    wrong = {id_: seen for id_, bad in due.items() if (seen := wrong_end(bad, owed[id_], _mails(facts, owed[id_])))}
    assert wrong == {}


async def test_a_text_message_comes_or_is_given_up_whatever_the_telephone_company_does(
    crowd: Crowd, evidence: Evidence
) -> None:
    evidence("F14", trials=EACH * len(TEXTS), unit="text messages")
    await put_on_shelves(crowd.street, **{"TEXTED": 10_000})
    days = [bad for bad in TEXTS for _ in range(EACH)]
    buyers = [crowd.newcomer() for _ in days]
    await few_at_once(_with_telephone(crowd, buyer, _number(place)) for place, buyer in enumerate(buyers))
    for place, bad in enumerate(days):
        assert isinstance(bad.fault, PhoneFault)
        crowd.street.world.phone.misbehave(replace(bad.fault, to=_number(place)))

    async with crowd.street.worker_instead("notification", HASTY, "notification", PATIENCE):
        orders = await few_at_once(_bought_and_sent(crowd, buyer) for buyer in buyers)
        due = dict(zip(orders, zip(days, map(_number, range(len(days))), strict=True), strict=True))
        facts = await at_rest(crowd.street)
        owed = {each["order_id"]: each for each in facts["delivery"] if each["channel"] == "sms"}
        resends = sum(bad.resends(owed[id_]) for id_, (bad, _) in due.items())
        await ends_as(crowd, dict.fromkeys(due, "SHIPPED"), excused=["sms.refused"], resends=resends)

    taken = {number: [each for each in facts["sms"] if each["to"] == number] for _, number in due.values()}
    wrong = {id_: seen for id_, (bad, number) in due.items() if (seen := wrong_end(bad, owed[id_], len(taken[number])))}
    assert wrong == {}


async def few_at_once[T](work: Iterable[Awaitable[T]]) -> list[T]:
    """As many as a shop on a small machine serves without sending anybody away; in their order."""
    turnstile = asyncio.Semaphore(8)

    async def one(each: Awaitable[T]) -> T:
        async with turnstile:
            return await each

    return list(await asyncio.gather(*map(one, work)))


def wrong_end(bad: Bad, owed: Fact, copies: int) -> Mapping[str, object]:
    """What is otherwise than it should be; nothing when all is well."""
    more = owed["attempts"] - bad.tried
    right = owed["state"] == bad.state and more >= 0 and min(bad.copies) <= copies <= max(bad.copies) + more
    return {} if right else {"fault": bad.fault, "state": owed["state"], "copies": copies, "tried": owed["attempts"]}


def _mails(facts: Facts, owed: Fact) -> int:
    return sum(each["message_id"] == owed["message_id"] for each in facts["mail"])


def _number(place: int) -> str:
    return f"+49171{place:07}"


async def _with_telephone(crowd: Crowd, buyer: Buyer, number: str) -> None:
    await buyer.join(crowd.street)
    expect(await buyer.insist("PATCH", "/api/v1/me", json={"phone": number}), 200)


async def _bought_and_sent(crowd: Crowd, buyer: Buyer) -> str:
    order = await until(buyer, (await buyer.buy(Wish("TEXTED"))).order_id, "CONFIRMED")
    async with clerk(crowd.street) as staff:
        (await staff.client.post(f"/api/v1/staff/orders/{order['id']}/ship", json=PARCEL)).raise_for_status()
    return order["id"]
