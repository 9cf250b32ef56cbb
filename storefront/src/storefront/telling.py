"""What becomes of an order, in words for the one who waits for it."""

from typing import Any

Json = dict[str, Any]

STEPS = {
    "PENDING": ("Order received", "We have it in writing."),
    "RESERVED": ("Set aside for you", "Nobody else can buy these pieces."),
    "AWAITING_CUSTOMER": ("Waiting for your payment", "On the payment page, or with your bank."),
    "AUTHORIZED": ("Payment approved", "Your bank says yes. Nothing is taken before the next step."),
    "COMMITTED": ("Taken off the shelf", "The pieces leave the shelf, and are yours."),
    "CONFIRMED": ("Paid and confirmed", "It is certain, and we pack it."),
    "SHIPPED": ("Handed to the carrier", "The parcel leaves our house."),
    "DELIVERED": ("Delivered", "At your door."),
    "REFUNDING": ("Money is being returned", "We have asked the payment provider."),
    "REFUNDED": ("Paid back in full", "Your bank may need some days to show it."),
    "CANCELLING": ("Being cancelled", "We are putting everything back."),
    "CANCELLED": ("Cancelled", "This order is over."),
}
"""State -> what it is called, and what it means."""
TO_COME = {
    "PENDING": ("RESERVED", "AUTHORIZED", "COMMITTED", "CONFIRMED"),
    "RESERVED": ("AUTHORIZED", "COMMITTED", "CONFIRMED"),
    "AWAITING_CUSTOMER": ("AUTHORIZED", "COMMITTED", "CONFIRMED"),
    "AUTHORIZED": ("COMMITTED", "CONFIRMED"),
    "COMMITTED": ("CONFIRMED",),
    "CONFIRMED": ("SHIPPED", "DELIVERED"),
    "SHIPPED": ("DELIVERED",),
    "CANCELLING": ("CANCELLED",),
}
"""What follows when all goes well."""
UNDER_WAY = frozenset(
    {"PENDING", "RESERVED", "AWAITING_CUSTOMER", "AUTHORIZED", "COMMITTED", "REFUNDING", "CANCELLING"}
)
"""More will happen soon: worth watching."""
MACHINERY = UNDER_WAY - {"AWAITING_CUSTOMER"}
CANCELLABLE = frozenset({"PENDING", "RESERVED", "AWAITING_CUSTOMER", "AUTHORIZED", "COMMITTED", "CONFIRMED"})
GOOD, BAD = frozenset({"CONFIRMED", "SHIPPED", "DELIVERED"}), frozenset({"CANCELLED"})
DONE, CLOSED = "done", "closed"
"""What the payment page says in the address that it sends people back to: a hint, and proof of nothing."""


def timeline(order: Json) -> list[Json]:
    """Every step with its time, then those that are to come; each has a mark: done, now, over, or none."""
    state = order["state"]
    over = "over" if state in BAD else "done"
    past = [_step(each["state"], at=each["at"], mark="done") for each in order["history"]]
    if past:
        past[-1]["mark"] = over
    coming = [_step(each, at=None, mark="") for each in TO_COME.get(state, ())]
    if coming and state in MACHINERY:
        coming[0]["mark"] = "now"
    return [*past, *coming]


def mark_of(order: Json) -> str:
    """The colour of an order's state in a list."""
    state = order["state"]
    return "good" if state in GOOD else "bad" if state in BAD else "wait"


def name_of(state: str) -> str:
    return STEPS.get(state, (state.replace("_", " ").capitalize(), ""))[0]


def headline(order: Json, *, name: str, hint: str = "", sold_out: tuple[str, ...] = ()) -> tuple[str, str]:
    """What the page says first. `hint` is what the payment page said, `sold_out` the names of what ran out."""
    match order["state"]:
        case "AWAITING_CUSTOMER":
            return _awaited(hint)
        case "CONFIRMED":
            return f"Thank you, {name}. It is yours.", "Paid and confirmed. A mail with all of it is on its way to you."
        case "SHIPPED":
            return "It is on its way", "The parcel has left our house. The carrier's number is below."
        case "DELIVERED":
            return "It has arrived", "We hope that you will have it for a long time."
        case "REFUNDING":
            return "Your money is on its way back", "We have asked the payment provider, and watch until it is done."
        case "REFUNDED":
            return "Paid back", "All of it has been returned. Your bank may need some days to show it."
        case "CANCELLING":
            return "We are taking it back", "Pieces go back on the shelf, and what was paid comes back to you."
        case "CANCELLED":
            return _cancelled(order, sold_out)
        case _:
            return f"Thank you, {name}.", "We have your order and see it through. This takes a few seconds."


def _awaited(hint: str) -> tuple[str, str]:
    if hint == DONE:
        said = (
            "The payment page has told you that all is well. As soon as it tells us too, this page goes on by itself."
        )
        return "We wait for your bank's word", said
    if hint == CLOSED:
        return "You have not paid yet", "That is fine. Your things are set aside for half an hour: pay now, or cancel."
    return "Your payment is still to come", "Your things are set aside for half an hour. Nothing was charged so far."


def _cancelled(order: Json, sold_out: tuple[str, ...]) -> tuple[str, str]:
    money = "What you had paid has been returned." if order["refunded"] else "Nothing was charged."
    match order["cancel_reason"]:
        case "OUT_OF_STOCK":
            what = " and ".join(sold_out) or "something in it"
            return (
                "Somebody was a moment faster",
                f"Just now we ran out of {what}. {money} The rest is still in your cart.",
            )
        case "PAYMENT_DECLINED":
            return "The payment did not go through", f"{money} Your cart is as it was: you can try another way to pay."
        case "CUSTOMER":
            return "Cancelled, as you asked", f"{money} Whatever you bought is in your cart again, should you miss it."
        case "TIMED_OUT":
            return "We could not finish your order", f"{money} It took too long on our side. Your cart is as it was."
        case _:
            return "We had to cancel your order", f"{money} We are sorry. The mail that we have sent says more."


def _step(state: str, *, at: str | None, mark: str) -> Json:
    title, text = STEPS.get(state, (name_of(state), ""))
    return {"state": state, "title": title, "text": text, "at": at, "mark": mark}
