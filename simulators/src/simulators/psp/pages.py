"""What a customer sees of the provider: the page to pay on, and the bank's question. Plain HTML, no scripts."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from simulators.psp.call import Call
from simulators.psp.desk import Desk
from simulators.psp.errors import ProviderError
from simulators.psp.records import Intent, Session
from simulators.psp.sessions import Sessions

OFFERED = (
    ("pm_card_visa", "Visa 4242", "the bank says yes"),
    ("pm_card_chargeDeclined", "Visa 0002", "the bank declines"),
    ("pm_card_chargeDeclinedInsufficientFunds", "Visa 9995", "not enough money"),
    ("pm_card_threeDSecure2Required", "Visa 3220", "the bank asks who is paying"),
)
CLOSE = "close"
TWO_DECIMALS = frozenset({"eur", "usd", "gbp"})
STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --faint: #5d676e; --line: #c9d0d5; --paper: #fff; --ground: #eef1f3;
        --warn: #a12b1d; --mark: #1f5f8b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaed; --faint: #9aa6ae; --line: #3a444b; --paper: #1c2226;
        --ground: #12171a; --warn: #ff9d8f; --mark: #7fc0ea; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 8vh auto; padding: 1.75rem; background: var(--paper); border: 1px solid var(--line);
       border-radius: 10px; }
h1 { margin: 0; font-size: 1rem; font-weight: 500; color: var(--faint); }
.amount { margin: .25rem 0 1.25rem; font-size: 2.25rem; font-variant-numeric: tabular-nums; }
.no { color: var(--warn); }
button { display: flex; justify-content: space-between; width: 100%; margin: .5rem 0; padding: .75rem 1rem;
         font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 8px;
         cursor: pointer; }
button:hover, button:focus-visible { border-color: var(--mark); outline: 2px solid var(--mark); }
button span, footer { color: var(--faint); font-size: .875rem; }
footer { margin-top: 1.25rem; }
a { color: var(--mark); }
"""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page_routes(desk: Desk, sessions: Sessions) -> APIRouter:
    """`/pay/{session}` and `/act/{intent}`. As with the real one, whoever knows such an address may act there."""
    routes = APIRouter()

    @routes.get("/pay/{session_id}")
    async def see(request: Request, session_id: str) -> Response:
        return await desk.visit(request, lambda call, _: _see(sessions, call, session_id))

    @routes.post("/pay/{session_id}")
    async def pay(request: Request, session_id: str) -> Response:
        return await desk.visit(request, lambda call, fields: _pay(sessions, call, session_id, fields))

    @routes.get("/act/{intent_id}")
    async def ask(request: Request, intent_id: str) -> Response:
        return await desk.visit(request, lambda call, _: _ask(sessions, call, intent_id))

    @routes.post("/act/{intent_id}")
    async def act(request: Request, intent_id: str) -> Response:
        return await desk.visit(request, lambda call, fields: _act(sessions, call, intent_id, fields))

    return routes


def _see(sessions: Sessions, call: Call, session_id: str) -> Response:
    try:
        session = sessions.find(call, session_id)
    except ProviderError:
        return _gone()
    if session.status == "complete":
        return _shown("Paid", _link(session.success_url, "Back to the shop"), amount=_money(session))
    if session.status == "expired":
        back = _link(session.cancel_url, "Back to the shop") if session.cancel_url else ""
        return _shown("This page has expired. Nothing was charged.", back, status=410)
    intent = sessions.intent_of(session)
    error = intent.last_payment_error if intent is not None else None
    said = f'<p class="no" role="alert">{escape(str(error["message"]))} Try another card.</p>' if error else ""
    cards = "".join(
        f'<button name="card" value="{token}">{label}<span>{what}</span></button>' for token, label, what in OFFERED
    )
    close = f'<button name="card" value="{CLOSE}">Close, do not pay</button>' if session.cancel_url else ""
    return _shown("Pay with a test card", f'{said}<form method="post">{cards}{close}</form>', amount=_money(session))


def _pay(sessions: Sessions, call: Call, session_id: str, fields: Mapping[str, str]) -> Response:
    try:
        session = sessions.find(call, session_id)
        page, card = sessions.page_of(session), fields.get("card", "")
        if session.status != "open":
            return _to(page)
        if card == CLOSE:
            # The real page stays open as well: whoever comes back may still pay.
            return _to(session.cancel_url or page)
        intent = sessions.pay(call, session, card)
    except ProviderError as refusal:
        return _shown(str(refusal), "", status=refusal.answer.status)
    if intent.status == "requires_action" and intent.act_url is not None:
        return _to(intent.act_url)
    return _to(session.success_url if session.status == "complete" else page)


def _ask(sessions: Sessions, call: Call, intent_id: str) -> Response:
    try:
        intent = sessions.intent(call, intent_id)
    except ProviderError:
        return _gone()
    if intent.status != "requires_action":
        return _shown("There is nothing left to answer.", _link(_back(sessions, call, intent), "Back"))
    form = (
        '<form method="post"><button name="answer" value="approve">Yes, it is me</button>'
        '<button name="answer" value="refuse">No, refuse it</button></form>'
    )
    return _shown("Your bank asks: is it you who pays?", form, amount=_money(intent))


def _act(sessions: Sessions, call: Call, intent_id: str, fields: Mapping[str, str]) -> Response:
    try:
        intent = sessions.intent(call, intent_id)
    except ProviderError:
        return _gone()
    answer = fields.get("answer")
    if answer not in ("approve", "refuse"):
        return _shown("Answer with approve or refuse.", "", status=400)
    if intent.status == "requires_action":
        sessions.act(call, intent, proven=answer == "approve")
    return _to(_back(sessions, call, intent))


def _back(sessions: Sessions, call: Call, intent: Intent) -> str:
    """Where the customer goes on: the shop when all is done, otherwise where they came from."""
    if intent.session is None:
        return intent.return_url or ""
    session = sessions.find(call, intent.session)
    return session.success_url if session.status == "complete" else sessions.page_of(session)


def _gone() -> Response:
    return _shown("There is no such page.", "", status=404)


def _shown(title: str, body: str, *, amount: str = "", status: int = 200) -> Response:
    figure = f'<p class="amount">{escape(amount)}</p>' if amount else ""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{figure}{body}"
        "<footer>Simulated payment provider. No money moves.</footer></main></body></html>"
    )
    return HTMLResponse(html, status, headers=HEADERS)


def _link(url: str, text: str) -> str:
    return f'<p><a href="{escape(url)}">{escape(text)}</a></p>'


def _to(url: str) -> Response:
    """After a form the browser gets its next page, so that a reload repeats nothing."""
    return RedirectResponse(url, 303, headers=HEADERS)


def _money(what: Session | Intent) -> str:
    if what.currency not in TWO_DECIMALS:
        return f"{what.amount} {what.currency.upper()}"
    return f"{what.amount // 100}.{what.amount % 100:02d} {what.currency.upper()}"
