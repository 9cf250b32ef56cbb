"""Somebody with a browser: how wide it is, light or dark, with scripts or without, and whether it complains."""

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.journeys.shop import PASSWORD

WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
HEIGHT = 900
PATIENCE_MS = 15_000
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Visitor:
    """One browser profile with one page open; what the browser complained about is kept."""

    page: Page
    context: BrowserContext
    javascript: bool = True
    complaints: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def go(self, path: str) -> Response:
        answer = self.page.goto(path, wait_until="load")
        assert answer is not None
        return answer

    def resize(self, width: int, scheme: str) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] - one of two words

    def press(self, name: str, *, role: str = "button") -> None:
        """A button, or a link, by what it says."""
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type] - a role's word

    def sign_in(self, email: str, password: str = PASSWORD, *, at: str = "/sign-in") -> None:
        """Into the shop, or at the office's own entrance."""
        self.go(at)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.locator("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def violations(self) -> list[str]:
        """What axe has against this page. It is a script itself: of a page without, it says nothing."""
        if not self.javascript:
            return []
        found = Axe().run(self.page, options=RULES)
        return [
            f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
            for each in found.response["violations"]
        ]

    def too_wide(self) -> int:
        """By how many pixels the page can be scrolled sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def close(self) -> None:
        self.context.close()


def visitor(browser: Browser, base_url: str, *, javascript: bool = True, width: int = 1280, **more: Any) -> Visitor:
    """A profile that carries nothing."""
    context = browser.new_context(
        base_url=base_url, java_script_enabled=javascript, viewport={"width": width, "height": HEIGHT}, **more
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    somebody = Visitor(page, context, javascript)

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            somebody.complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: somebody.complaints.append(str(error)))
    page.on("response", lambda answer: somebody.answers.append(answer))  # Playwright marks what it is given
    return somebody
