"""A simulated browser: cookies, forms and where a request comes from; every page is the real application's."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.test import TestResponse

from tests.partners import TestNode
from tests.people.authenticator import Authenticator

FORM = "application/x-www-form-urlencoded"
SESSION = "__Host-havre"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came back: a page, or where to go instead."""

    status: int
    text: str
    headers: dict[str, str]
    set_cookies: list[str]

    @property
    def location(self) -> str:
        return self.headers["Location"]

    @property
    def options(self) -> str:
        """The options of the ceremony on this page."""
        found = re.search(r'data-options="([^"]*)"', self.text)
        assert found is not None, self.text
        return unescape(found[1])

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]*)"', self.text)
        assert found is not None, self.text
        return found[1]


@dataclass(kw_only=True)
class Browser:
    """One browser of one person."""

    node: TestNode
    device: Authenticator = field(default_factory=Authenticator)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Seen:
        return self._send("GET", path, None, {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", **headers})

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Seen:
        """Send a form as a page of ours does; `headers` as an attack wants them, `""` leaves one out."""
        told = {"Origin": self.node.settings.origin_url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send("POST", path, urlencode(fields).encode(), {name: one for name, one in told.items() if one})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Seen:
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        client = self.node.app.test_client(use_cookies=False)
        response: TestResponse = client.open(
            path,
            method=method,
            base_url=self.node.settings.origin_url,
            data=body,
            content_type=FORM if body is not None else None,
            headers=sent,
            environ_overrides={"RAW_URI": path},
        )
        set_cookies = response.headers.getlist("Set-Cookie")
        for cookie in set_cookies:
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            if "Max-Age=0" in rest:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return Seen(
            status=response.status_code,
            text=response.get_data(as_text=True),
            headers=dict(response.headers),
            set_cookies=set_cookies,
        )

    # What people do ---------------------------------------------------------------------------------------------

    def look_at(self, link: str) -> Seen:
        """Open an invitation's link, as the page's script does."""
        page = self.get("/console/join")
        return self.post("/console/join", {"csrf": page.csrf, "invitation": urlsplit(link).fragment})

    def join(self, link: str, **attack: Any) -> Seen:
        """Join by an invitation's link, with a new passkey."""
        invited = self.look_at(link)
        assert invited.status == 200, invited.text
        answer = self.device.create(invited.options, **attack)
        fields = {"csrf": invited.csrf, "invitation": urlsplit(link).fragment, "answer": answer}
        return self.post("/console/join/passkey", fields)

    def sign_in(self, **attack: Any) -> Seen:
        """Sign in with the device's newest passkey."""
        page = self.get("/console/sign-in")
        return self.post("/console/sign-in", {"csrf": page.csrf, "answer": self.device.get(page.options, **attack)})

    def confirm(self, **attack: Any) -> Seen:
        """Use a passkey again."""
        page = self.get("/console/confirm")
        return self.post("/console/confirm", {"csrf": page.csrf, "answer": self.device.get(page.options, **attack)})

    def add_passkey(self, **attack: Any) -> Seen:
        """Make another passkey, on the same device."""
        page = self.get("/console/passkeys/add")
        answer = self.device.create(page.options, **attack)
        return self.post("/console/passkeys/add", {"csrf": page.csrf, "answer": answer})

    def sign_out(self) -> Seen:
        page = self.get("/console/passkeys")
        return self.post("/console/sign-out", {"csrf": page.csrf})
