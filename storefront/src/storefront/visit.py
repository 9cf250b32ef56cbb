"""One request of one visitor: who they are, what they carry, whom we ask for them, and the page that they get."""

import asyncio
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from chassis.problems import route_of
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from storefront.api import Call, Json, Refused
from storefront.front import Front
from storefront.learning import Lesson
from storefront.session import LIVES, Session

BRIEFLY = timedelta(minutes=2)
LEARNT = 8
"""So many calls of the page before are told."""
NAME = "_"
"""Where a sealed cookie keeps its own name."""
CHOICES = ("theme", "learning")
"""Cookies that shop and office have in common."""
SHOP, OFFICE = "shop", "office"
PASSED_ON = ("user-agent", "accept-language", "x-forwarded-for", "x-forwarded-proto")
"""What the gateway and the services may know of a visitor: they count sign-ins by address and name devices."""


class SignInNeeded(Exception):
    """Nobody is signed in, or not any more; the visitor comes back to where they were."""


@dataclass(frozen=True, slots=True)
class CartMark:
    """A visitor's cart, and how many pieces lie in it, so that no page has to ask only to say so."""

    id: str
    pieces: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A question to the shop, for the learning mode. `before` is true for what the form of the page before asked."""

    service: str
    call: Call
    before: bool = False


@dataclass(slots=True)
class Visit:
    request: Request
    front: Front
    realm: str = SHOP
    """Shop and office know each other's visitors as little as two websites do."""
    session: Session | None = None
    cart: CartMark | None = None
    said: Json = field(default_factory=dict)
    """A word from the page before, such as `{"good": "Your address is saved."}`; and what that one asked the shop."""
    learning: bool = False
    theme: str = ""
    """`light`, `dark`, or nothing: as the system is."""
    calls: list[Call] = field(default_factory=list)
    _say: Json = field(default_factory=dict)
    _cookies: dict[str, tuple[str, timedelta]] = field(default_factory=dict)
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A page that asks several things at once renews its token once."""

    @classmethod
    def of(cls, request: Request, front: Front, *, realm: str = SHOP) -> "Visit":
        """From the cookies. What was not sealed by us counts as nothing."""
        visit = cls(request, front, realm)
        cookies = request.cookies
        visit.session = Session.unsealed(visit._opened("session", within=LIVES))
        cart = visit._opened("cart", within=LIVES)
        visit.cart = CartMark(**cart) if cart else None
        visit.said = visit._opened("said", within=BRIEFLY) or {}
        visit.learning = cookies.get(visit.cookie("learning")) == "on"
        visit.theme = theme if (theme := cookies.get(visit.cookie("theme"), "")) in {"light", "dark"} else ""
        return visit

    # What is asked for them.

    async def ask(
        self, method: str, path: str, *, key: str | None = None, own: bool = False, seconds: float = 4.0, **more: Any
    ) -> Json:
        """A question to the shop; with `own`, as the one who is signed in. `key` makes asking twice harmless.

        Raises api.Away, api.Refused, and SignInNeeded.
        """
        headers = self._headers()
        if key:
            headers["Idempotency-Key"] = key
        more |= {"calls": self.calls, "seconds": seconds}
        if not own:
            return (await self.front.api.ask(method, path, headers=headers, **more)).body
        access = (await self.signed_in()).access
        try:
            return (await self.front.api.ask(method, path, headers=headers | _bearer(access), **more)).body
        except Refused as refused:
            if refused.status != 401:
                raise
        # A token may be refused before its time, after a change of keys; nothing was done, so asking again is harmless.
        access = (await self.signed_in(refused=access)).access
        try:
            return (await self.front.api.ask(method, path, headers=headers | _bearer(access), **more)).body
        except Refused as refused:
            if refused.status != 401:
                raise
            self.session_ended()
            raise SignInNeeded from None

    async def read(self, path: str, **params: str) -> Json:
        """What is the same for everybody, and may be some seconds old. Raises api.Away and api.Refused."""
        return await self.front.kept.read(path, params, headers=self._headers(), calls=self.calls)

    async def look(self, path: str, **params: str) -> Json:
        """What is the same for everybody, and no older than the gateway may show it. Raises api.Away and api.Refused.

        Whoever learns how it works is shown each question, and so asks it.
        """
        if self.learning:
            return await self.ask("GET", path, params=params)
        return await self.front.kept.look(path, params, headers=self._headers(), calls=self.calls)

    async def signed_in(self, *, refused: str = "") -> Session:
        """With a token that is fresh, and not the one that was `refused`. Raises SignInNeeded."""
        async with self._renewing:
            now = self.front.world.clock.now().timestamp()
            if self.session is not None and (now >= self.session.fresh_until or self.session.access == refused):
                await self._renew(self.session, now=now)
        if self.session is None:
            raise SignInNeeded
        return self.session

    async def stream_headers(self) -> dict[str, str]:
        """For an answer that stays open, asked as the one who is signed in. Raises SignInNeeded."""
        return self._headers() | _bearer((await self.signed_in()).access)

    # What they carry.

    def begin_session(self, grant: Json) -> None:
        """After a sign-in."""
        now = self.front.world.clock.now().timestamp()
        self._keep_session(Session.of(grant, now=now, token=self.front.world.dice.token()))

    def session_ended(self) -> None:
        self.session = None
        self.forget("session")

    def rename(self, name: str) -> None:
        if self.session is not None:
            self._keep_session(self.session.called(name))

    def carry(self, cart: Json) -> None:
        """What the shop says of the cart is what the visitor's mark says."""
        self.cart = CartMark(cart["id"], sum(line["quantity"] for line in cart["lines"]))
        self._seal("cart", {"id": self.cart.id, "pieces": self.cart.pieces}, LIVES)

    def put_cart_away(self) -> None:
        self.cart = None
        self.forget("cart")

    def kept(self, name: str, *, within: timedelta) -> Json:
        """What a page has kept under this name; nothing when that was longer ago, or nothing was."""
        return self._opened(name, within=within) or {}

    def keep(self, name: str, what: Json, *, within: timedelta) -> None:
        """For the pages that follow, in a sealed cookie of its own. Raises sealing.TooMuch."""
        self._seal(name, what, within)

    def say(self, **words: Any) -> None:
        """To the next page that they see: `good="Saved."`, or `bad="…"`."""
        self._say.update(words)

    def remember(self, name: str, value: str) -> None:
        """A choice that is no secret."""
        self._cookies[name] = (value, LIVES)

    def forget(self, name: str) -> None:
        self._cookies[name] = ("", timedelta(0))

    # What they may learn.

    @property
    def lesson(self) -> Lesson | None:
        """What there is to tell about this page."""
        return self.front.lessons.at(route_of(self.request.scope))

    @property
    def told(self) -> list[Told]:
        """What this page asked, and before it what was pressed to come here."""
        before = [Told(self.front.lessons.service(call.path), call, before=True) for call in self._calls_before()]
        return before + [Told(self.front.lessons.service(call.path), call) for call in self.calls]

    def _calls_before(self) -> list[Call]:
        return [Call(*each) for each in self.said.get("calls", [])]

    # What they get.

    def page(self, template: str, *, status: int = 200, public: bool = False, **facts: Any) -> Response:
        """An HTML page. With `public` it is the same for everybody who carries nothing, and caches may keep it."""
        html = self.front.renderer.render(template, {"visit": self, **facts})
        answer = HTMLResponse(html, status)
        if self.said:
            self.forget("said")
        if public and not self.request.cookies and not self._cookies:
            mark = f'"{sha256(html.encode()).hexdigest()[:24]}"'
            headers = {"ETag": mark, "Cache-Control": f"public, max-age={int(self.front.page_lives.total_seconds())}"}
            if self.request.headers.get("if-none-match") == mark:
                answer = Response(status_code=304)
            answer.headers.update(headers)
        else:
            answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["Vary"] = "Cookie"
        return self.sent(answer)

    def go(self, to: str, **parameters: str) -> Response:
        """To another page of ours, by GET: reloading that one repeats nothing."""
        where = f"{to}?{urlencode(parameters)}" if parameters else to
        if self.learning and self.request.method == "POST":
            self.say(calls=[astuple(each) for each in self.calls[-LEARNT:]])
        if self._say:
            self._seal("said", self._say, BRIEFLY)
        answer = RedirectResponse(where, 303, headers={"Cache-Control": "no-store"})
        return self.sent(answer)

    def sent[A: Response](self, answer: A) -> A:
        """With the cookies that changed."""
        for name, (value, lives) in self._cookies.items():
            answer.set_cookie(
                self.cookie(name),
                value,
                max_age=int(lives.total_seconds()),
                path="/",
                secure=self.front.secure,
                httponly=True,
                samesite="lax",
            )
        return answer

    @property
    def token(self) -> str:
        """What every form carries; nothing where nobody is known, whose pages caches may keep."""
        return self.session.token if self.session else ""

    @property
    def here(self) -> str:
        """This page's address, to come back to."""
        url = self.request.url
        return quote(url.path) + (f"?{url.query}" if url.query else "")

    def _headers(self) -> dict[str, str]:
        given = self.request.headers
        return {name: given[name] for name in PASSED_ON if name in given}

    async def _renew(self, session: Session, *, now: float) -> None:
        """Another tab may do the same at this moment: the shop gives both the same answer. Raises SignInNeeded."""
        try:
            answer = await self.front.api.ask(
                "POST",
                "/api/v1/sessions/refresh",
                body={"refresh_token": session.refresh},
                headers=self._headers(),
                calls=self.calls,
            )
        except Refused as refused:
            if refused.status not in {401, 403, 422}:
                raise
            self.session_ended()
            raise SignInNeeded from None
        self._keep_session(session.renewed(answer.body, now=now))

    def _keep_session(self, session: Session) -> None:
        self.session = session
        self._seal("session", session.to_seal(), LIVES)

    def _seal(self, name: str, what: Json, lives: timedelta) -> None:
        """With the cookie's name inside, so that one cookie is never taken for another."""
        self._cookies[name] = (self.front.seal.close({NAME: self.cookie(name), **what}), lives)

    def _opened(self, name: str, *, within: timedelta) -> Json | None:
        """What we sealed into this cookie; None for anything else that a browser may send."""
        found = self.front.seal.open(self.request.cookies.get(self.cookie(name)), within=within)
        return found if found is not None and found.pop(NAME, None) == self.cookie(name) else None

    def cookie(self, name: str) -> str:
        """The cookie's whole name. `__Host-` makes a browser refuse it from anybody but this very host by https."""
        own = name if self.realm == SHOP or name in CHOICES else f"{OFFICE}-{name}"
        return f"__Host-{own}" if self.front.secure else own


def _bearer(access: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access}"}


def way_back(asked: str | None, *, otherwise: str = "/account") -> str:
    """Where a visitor wants to go after this: only ever to a page of ours."""
    if asked is None or not asked.startswith("/") or asked.startswith(("//", "/\\")) or not asked.isprintable():
        return otherwise
    return asked
