"""Persons at a real Chromium, each with a window and devices of their own (virtual authenticators)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.people.browser import SESSION


@dataclass(kw_only=True)
class Person:
    """Somebody with one window; `devices` are the authenticators that are at hand."""

    origin: str
    context: BrowserContext
    page: Page
    devtools: CDPSession
    devices: list[str] = field(default_factory=list)

    def take_device(self, **said: Any) -> str:
        """Have one more device at hand: the first is the computer's own, others are plugged in."""
        options = {
            "protocol": "ctap2",
            "transport": "usb" if self.devices else "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options | said})
        self.devices.append(made["authenticatorId"])
        return self.devices[-1]

    def credentials(self, device: str) -> list[dict[str, Any]]:
        """The passkeys on a device, private keys and all."""
        found: list[dict[str, Any]] = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": device})[
            "credentials"
        ]
        return found

    def go(self, path: str) -> None:
        self.page.goto(f"{self.origin}{path}")

    def press(self, name: str) -> None:
        """Press a button and wait until what it sends has an answer."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()

    def join(self, link: str) -> None:
        """Follow an invitation's link, and make a first passkey."""
        self.page.goto(link)
        self.press("Open the invitation")
        self.press("Make a passkey and enter")

    def sign_in(self) -> None:
        self.go("/console/sign-in")
        self.press("Sign in with a passkey")

    @property
    def path(self) -> str:
        """Where the window is now, within the node."""
        return self.page.url.removeprefix(self.origin)

    @property
    def session(self) -> str | None:
        """The session's cookie, as whoever steals it has it."""
        found = [one["value"] for one in self.context.cookies() if one["name"] == SESSION]
        return found[0] if found else None


@contextmanager
def a_person(chromium: Browser, origin: str, *, language: str = "en", **device: Any) -> Iterator[Person]:
    """A person with one device; whatever the browser's console complains of fails the test."""
    context = chromium.new_context(locale=language)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable", {"enableUI": False})
    person = Person(origin=origin, context=context, page=page, devtools=devtools)
    person.take_device(**device)
    yield person
    context.close()
    # A refusal's status is told by the console too, and is what some tests want.
    assert [one for one in complaints if "the server responded with a status of 4" not in one] == []
