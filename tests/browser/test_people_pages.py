"""The pages of signing in, joining and passkeys: axe finds nothing, in both languages, by day and by night."""

import secrets
from collections.abc import Iterator

import pytest

from tests.browser.looking import violations
from tests.browser.persons import Person, a_person
from tests.browser.test_people import ministry, node, shared  # noqa: F401 - the fixtures of this module
from tests.people.inviting import invite

FAILED = "data => { for (const one of document.querySelectorAll('[data-failed], [data-known]')) one.hidden = false; }"


@pytest.fixture
def person(chromium, node) -> Iterator[Person]:  # noqa: F811 - the fixture above
    with a_person(chromium, node.settings.origin_url) as somebody:
        yield somebody


def looked_at(person: Person) -> list[str]:
    """What axe finds on this page, with its hidden messages shown, in the light and in the dark."""
    person.page.evaluate(FAILED)
    found = []
    for scheme in ("light", "dark"):
        person.page.emulate_media(color_scheme=scheme)
        found += violations(person.page)
    assert person.page.evaluate("document.documentElement.scrollWidth") <= person.page.viewport_size["width"]
    return found


@pytest.mark.drill
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_way_in(person, ministry, language) -> None:  # noqa: F811 - the fixture above
    person.page.set_viewport_size({"width": 360, "height": 640})
    secret = invite(ministry, holder=f"auditor-{secrets.token_hex(4)}").partition("#")[2]
    person.go(f"/console/sign-in?lang={language}")
    assert looked_at(person) == []
    person.go(f"/console/join?lang={language}#{secret}")
    assert looked_at(person) == []
    person.page.locator("form[data-invitation] button").click()
    person.page.wait_for_selector("form[data-passkey]")
    assert looked_at(person) == []
    with person.page.expect_navigation():
        person.page.locator("form[data-passkey] button").click()
    for path in ("/console/passkeys", "/console/passkeys/add", "/console/confirm", "/console/passkeys/add?x=1"):
        person.go(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert person.page.get_attribute("html", "lang") == language
        assert looked_at(person) == []
