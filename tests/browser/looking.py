"""A real Chromium that looks at a node of this machine: contexts with a session, a passkey, and axe on a page."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Page

from crypto.encoding import to_base64url
from tests.console.people import COOKIE, Visitor

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# WCAG 2.2 AA with all below it, and what axe calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def a_window(
    chromium: Browser, origin: str, visitor: Visitor | None = None, *, language: str = "en", **options: Any
) -> Iterator[Page]:
    """A window of a fresh browser in which `visitor` is signed in; whatever its console complains of fails the test."""
    context = chromium.new_context(base_url=origin, locale=language, **options)
    if visitor is not None:
        context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": to_base64url(visitor.token),
                    "domain": "localhost",
                    "path": "/",
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@dataclass(frozen=True, kw_only=True)
class Site:
    """A served node, a browser, those who look at it, and where each page is."""

    chromium: Browser
    origin: str
    auditor: Visitor
    administrator: Visitor
    paths: dict[str, str]

    def window(self, name: str = "overview", **options: Any) -> AbstractContextManager[Page]:
        """A window of whoever may see the page `name`."""
        visitor = self.administrator if name == "people" else self.auditor
        return a_window(self.chromium, self.origin, visitor, **options)


def give_passkey(context: BrowserContext, page: Page) -> None:
    """Plug a virtual authenticator in that verifies its user (WebAuthn, through the browser's own protocol)."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def violations(page: Page) -> list[str]:
    """What axe finds on the page: rule and the first place, for a person to read."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(result => result.violations)",
        RULES,
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
