"""Invariants of messages, mails, text messages and feeds: I11, I12."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from testkit.verify.facts import CONFIRMED, Fact, Facts

MAILS = {
    "EmailVerificationRequested.v1": "verify_email",
    "PasswordResetRequested.v1": "reset_password",
    "SecurityAlertRaised.v1": "security_alert",
    "OrderConfirmed.v1": "order_confirmed",
    "OrderCancelled.v1": "order_cancelled",
    "OrderShipped.v1": "order_shipped",
    "OrderRefunded.v1": "order_refunded",
}
FED = {
    "SecurityAlertRaised.v1": "security_alert",
    "OrderConfirmed.v1": "order_confirmed",
    "OrderCancelled.v1": "order_cancelled",
    "OrderShipped.v1": "order_shipped",
    "OrderRefunded.v1": "order_refunded",
    "OrderProgressed.v1": "order_progressed",
}
MAILED = {"ACCEPTED", "SUPPRESSED", "WAITING_FOR_CONTACT"}


def every_message_has_its_effect(facts: Facts) -> Iterator[str]:
    """I11: everything said has left, was handled once by everyone who listens, and nothing lies dead."""
    unpublished = [each for each in facts["outbox"] if not each["published"]]
    if unpublished:
        yield f"{len(unpublished)} messages have not left, the first is {unpublished[0]['type']}"
    seen = Counter((each["source"], each["consumer"], each["message_id"]) for each in facts["inbox"])
    for (source, consumer, message), count in seen.items():
        if count > 1:
            yield f"{source}.{consumer} handled {message} {count} times"
    owed = Counter((each["event_id"], each["type"]) for each in _mails(facts))
    for said in facts["outbox"]:
        yield from _without_effect(said, facts, owed)
    yield from _feeds(facts)
    for queue in facts["dead_letters"]:
        if queue["count"]:
            yield f"{queue['service']} has {queue['count']} dead letters"


def _without_effect(said: Fact, facts: Facts, owed: Counter[tuple[str, str]]) -> Iterator[str]:
    kind = MAILS.get(said["type"])
    if kind is not None and owed[said["id"], kind] != 1:
        yield f"{said['type']} {said['id']} is owed {owed[said['id'], kind]} mails"
    about = said["aggregate_id"]
    if said["type"] == "ReserveStock.v1" and facts.hold_of(about) is None:
        yield f"stock for order {about} was to be reserved, and there is no hold"
    if said["type"] == "AuthorizePayment.v1" and not facts.payments_of(about):
        yield f"order {about} was to be paid, and there is no payment"


def _feeds(facts: Facts) -> Iterator[str]:
    """Numbers without a gap up to the newest; every event that is for a feed stands in one, once."""
    told: Counter[tuple[str, str]] = Counter()
    dropped = False
    for feed in facts["feed"]:
        numbers = [each["seq"] for each in feed["items"]]
        first = feed["newest"] - len(numbers) + 1
        dropped |= first > 1
        if numbers != list(range(first, feed["newest"] + 1)):
            yield f"the feed of {feed['user_id']} counts {numbers} up to {feed['newest']}"
        told.update((each["event_id"], each["type"]) for each in feed["items"])
    for said in facts["outbox"]:
        kind = FED.get(said["type"])
        times = told[said["id"], kind] if kind is not None else 1
        # A feed that is full has let its oldest go.
        if times > 1 or (times == 0 and not dropped):
            yield f"{said['type']} {said['id']} stands in the feeds {times} times"


def a_confirmation_is_mailed_once(facts: Facts, resends: int = 0) -> Iterator[str]:
    """I12: every confirmed order has one confirmation, under one Message-ID.

    `resends`: how often a sender died, or a connection broke, after a mail had been taken. SMTP cannot do better.
    """
    owed: defaultdict[str, list[Fact]] = defaultdict(list)
    for delivery in _mails(facts):
        if delivery["type"] == "order_confirmed":
            owed[delivery["order_id"]].append(delivery)
    for order in facts["order"]:
        mails = owed[order["id"]]
        if order["state"] in CONFIRMED and [each["state"] in MAILED for each in mails] != [True]:
            yield f"{order['number']} is {order['state']} with mails {[each['state'] for each in mails]}"
    yield from _mailbox(facts, resends)
    yield from _telephones(facts, resends)


def _mails(facts: Facts) -> list[Fact]:
    """What is owed by e-mail, whatever else the same events owe on other ways."""
    return [each for each in facts["delivery"] if each["channel"] == "email"]


def _telephones(facts: Facts, resends: int) -> Iterator[str]:
    """What was accepted was taken; the provider has no idempotency key, so a copy is only known by being unknown."""
    taken = {each["sid"] for each in facts["sms"]}
    accepted = {
        each["message_id"] for each in facts["delivery"] if each["channel"] == "sms" and each["state"] == "ACCEPTED"
    }
    for missing in sorted(accepted - taken):
        yield f"no telephone ever got {missing}"
    if len(taken - accepted) > resends:
        yield f"{len(taken - accepted)} text messages were taken that nobody was owed, {resends} may be"


def _mailbox(facts: Facts, resends: int) -> Iterator[str]:
    caught = Counter(each["message_id"] for each in facts["mail"])
    for each in _mails(facts):
        if each["state"] == "ACCEPTED" and not caught[each["message_id"]]:
            yield f"the mailbox never saw {each['message_id']} ({each['type']})"
    # A second Message-ID for the same delivery would be one that no delivery knows.
    for unknown in sorted(caught.keys() - {each["message_id"] for each in facts["delivery"]}):
        yield f"the mailbox has {unknown}, which nobody was owed"
    copies = sum(count - 1 for count in caught.values())
    if copies > resends:
        yield f"the mailbox has {copies} copies too many, {resends} may be: {caught.most_common(3)}"
