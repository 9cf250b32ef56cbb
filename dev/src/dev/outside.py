"""The world around the shop as processes: payment provider, mail server, telephone company, collector of traces,
development door."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulators.door.process import Told

from dev.grounds import Grounds
from dev.ports import free_ports, url, urls
from dev.processes import Process, Start, python, start
from dev.settings import SMS_ACCOUNT, Outside, Replica, Secrets

STAFF = "staff@mercato.example"
CUSTOMER = "customer@mercato.example"


@dataclass(frozen=True)
class World:
    """`outside` is what the services are told of it."""

    outside: Outside
    processes: tuple[Process, ...]
    door_port: int
    spans_port: int
    mail_url: str
    staff: Mapping[str, str]


def make_world(
    *,
    shop_url: str,
    secrets: Secrets,
    replicas: Mapping[str, tuple[Replica, ...]],
    grounds: Grounds,
    home: Path,
    by: Start = start,
) -> World:
    """Nothing is started yet. The provider keeps its books in `home`."""
    psp, smtp, mail, phone, spans, door = free_ports(6)
    staff = {"email": STAFF, "password": secrets.staff_password}
    told = Told(
        port=door,
        facts={service: urls([each.internal for each in several]) for service, several in replicas.items()},
        user=urls([each.public for each in replicas["user"]]),
        psp=url(psp),
        mail=url(mail),
        phone=url(phone),
        spans=url(spans),
        staff=staff,
        management_url=grounds.rabbit.management_url,
        vhost=grounds.vhost,
    )
    logs = home / "logs"
    provider = Process(
        name="psp",
        command=python("simulators", "psp", "--port", str(psp), "--journal", str(home / "psp.ndjson")),
        environment={
            "PSP_WEBHOOK_URL": f"{shop_url}/api/v1/webhooks/psp",
            "PSP_WEBHOOK_SECRET": secrets.webhook_secret,
            "PSP_API_KEY": secrets.provider_key,
            "PSP_PUBLIC_URL": f"{shop_url}/dev/psp",
        },
        probe=f"{url(psp)}/control/facts",
        log=logs / "psp.log",
        by=by,
    )
    post = Process(
        name="mail",
        command=python("simulators", "mail", "--smtp-port", str(smtp), "--http-port", str(mail)),
        environment={},
        probe=f"{url(mail)}/control/facts",
        log=logs / "mail.log",
        by=by,
    )
    line = Process(
        name="phone",
        command=python("simulators", "phone", "--port", str(phone)),
        environment={"PHONE_ACCOUNT": SMS_ACCOUNT, "PHONE_TOKEN": secrets.sms_token},
        probe=f"{url(phone)}/control/facts",
        log=logs / "phone.log",
        by=by,
    )
    collector = Process(
        name="spans",
        command=python("simulators", "spans", "--port", str(spans)),
        environment={},
        probe=f"{url(spans)}/control/facts",
        log=logs / "spans.log",
        by=by,
    )
    told.write(home / "door.json")
    side = Process(
        name="door",
        command=python("simulators", "door", "--told", str(home / "door.json")),
        environment={},
        probe=f"{url(door)}/dev/facts/mail",
        log=logs / "door.log",
        by=by,
    )
    outside = Outside(shop_url, url(psp), smtp, url(phone), url(spans))
    return World(outside, (provider, post, line, collector, side), door, spans, url(mail), staff)
