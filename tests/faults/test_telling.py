"""A mail server and a telephone company on a bad day: what is owed is told once, or it is written down why not."""

import asyncio
import os
from collections.abc import Collection, Mapping, Sequence
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
from tests.faults.shop.ending import ends_as
from tests.faults.shop.shelves import clerk, put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

HASTY = "tests.faults.shop.hasty_worker"
EACH = int(os.environ.get("MERCATO_TOLD", "1"))
"""Customers to whom the same thing happens; `MERCATO_TOLD=20` is the size that counts."""
BEYOND = 3.0
"""Seconds: longer than the hasty worker waits."""
WITHIN = 0.3


@dataclass(frozen=True)
class Bad:
    """What goes wrong with somebody's mail or message, how it must end, and how often it may have come."""

    fault: MailFault | PhoneFault
    state: str = "ACCEPTED"
    copies: Collection[int] = (1,)
    tried: Collection[int] = (2,)

    @property
    def resends(self) -> int:
        return max(0, max(self.copies) - 1)


MAILS: Sequence[Bad] = (
    *(Bad(MailFault(Kind.REFUSE_FOR_NOW, stage=stage)) for stage in Stage),
    Bad(MailFault(Kind.REFUSE_FOR_NOW, times=3), tried=(4,)),
    *(Bad(MailFault(Kind.REFUSE_FOR_GOOD, stage=stage), "SUPPRESSED", copies=(0,), tried=(1,)) for stage in Stage),
    Bad(MailFault(Kind.DROP_AFTER_ACCEPTING), copies=(2,)),
    Bad(MailFault(Kind.SLOW, seconds=WITHIN), tried=(1,)),
    # Whoever hangs up while the server is still at it does not know whether it was kept.
    Bad(MailFault(Kind.SLOW, seconds=BEYOND), copies=(1, 2)),
)
TEXTS: Sequence[Bad] = (
    Bad(PhoneFault(PhoneKind.TOO_MANY)),
    Bad(PhoneFault(PhoneKind.ERROR_BEFORE)),
    Bad(PhoneFault(PhoneKind.ERROR_AFTER), copies=(2,)),
    Bad(PhoneFault(PhoneKind.INVALID_NUMBER), "SUPPRESSED", copies=(0,), tried=(1,)),
    Bad(PhoneFault(PhoneKind.SLOW, seconds=WITHIN), tried=(1,)),
    Bad(PhoneFault(PhoneKind.SLOW, seconds=BEYOND), copies=(2,)),
)


async def test_a_confirmation_comes_under_one_name_whatever_the_mail_server_does(
    crowd: Crowd, evidence: Evidence
) -> None:
    evidence("F14", trials=EACH * len(MAILS), unit="mails")
    await put_on_shelves(crowd.street, **{"MAILED": 100})
    days = [bad for bad in MAILS for _ in range(EACH)]
    buyers = await crowd.grow(len(days))
    for buyer, bad in zip(buyers, days, strict=True):
        assert isinstance(bad.fault, MailFault)
        crowd.street.world.mail.misbehave(replace(bad.fault, to=buyer.email))

    async with crowd.street.worker_instead("notification", HASTY, "notification"):
        promises = await asyncio.gather(*(buyer.buy(Wish("MAILED")) for buyer in buyers))
        due = {promise.order_id: bad for promise, bad in zip(promises, days, strict=True)}
        resends = sum(bad.resends for bad in days)
        await ends_as(crowd, dict.fromkeys(due, "CONFIRMED"), excused=["mail.refused"], resends=resends)

    facts = await crowd.street.facts()
    owed = {each["order_id"]: each for each in facts["delivery"] if each["type"] == "order_confirmed"}
    wrong = {id_: seen for id_, bad in due.items() if (seen := wrong_end(bad, owed[id_], _mails(facts, owed[id_])))}
    assert wrong == {}


async def test_a_text_message_comes_or_is_given_up_whatever_the_telephone_company_does(
    crowd: Crowd, evidence: Evidence
) -> None:
    evidence("F14", trials=EACH * len(TEXTS), unit="text messages")
    await put_on_shelves(crowd.street, **{"TEXTED": 100})
    days = [bad for bad in TEXTS for _ in range(EACH)]
    buyers = [crowd.newcomer() for _ in days]
    await asyncio.gather(*(_with_telephone(crowd, buyer, _number(place)) for place, buyer in enumerate(buyers)))
    for place, bad in enumerate(days):
        assert isinstance(bad.fault, PhoneFault)
        crowd.street.world.phone.misbehave(replace(bad.fault, to=_number(place)))

    async with crowd.street.worker_instead("notification", HASTY, "notification"):
        orders = await asyncio.gather(*(_bought_and_sent(crowd, buyer) for buyer in buyers))
        due = dict(zip(orders, zip(days, map(_number, range(len(days))), strict=True), strict=True))
        resends = sum(bad.resends for bad in days)
        await ends_as(crowd, dict.fromkeys(due, "SHIPPED"), excused=["sms.refused"], resends=resends)

    facts = await crowd.street.facts()
    owed = {each["order_id"]: each for each in facts["delivery"] if each["channel"] == "sms"}
    taken = {number: [each for each in facts["sms"] if each["to"] == number] for _, number in due.values()}
    wrong = {id_: seen for id_, (bad, number) in due.items() if (seen := wrong_end(bad, owed[id_], len(taken[number])))}
    assert wrong == {}


def wrong_end(bad: Bad, owed: Fact, copies: int) -> Mapping[str, object]:
    """What is otherwise than it should be; nothing when all is well."""
    right = owed["state"] == bad.state and copies in bad.copies and owed["attempts"] in bad.tried
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
