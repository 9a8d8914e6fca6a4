"""An auditor's whole way in a real Chromium, in both languages: join, filter, find, verify, export."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.auditing.asking import Watcher, with_auditors
from tests.browser.looking import violations
from tests.browser.persons import Person, a_person
from tests.conftest import Database, a_database
from tests.console.conftest import HOTLINE, PLATFORM, template  # noqa: F401 - the fixture of this module
from tests.console.serving import a_free_port, served
from tests.partners import TestNode, a_node
from tests.people.inviting import invite
from tests.people.looking import unconfirm


@pytest.fixture(scope="module")
def database(postgres, template):  # noqa: F811 - the fixture above
    with a_database(postgres, template) as made:
        yield made


@dataclass(frozen=True, kw_only=True)
class Federation:
    """A served node and the hotline that shares there."""

    database: Database
    node: TestNode
    hotline: Watcher


@pytest.fixture(scope="module")
def federation(database) -> Iterator[Federation]:
    node = a_node(database, origin_url=f"http://localhost:{a_free_port()}")
    hotline = with_auditors(node, HOTLINE, "hotline", told=database.grown["members"])
    with served(node):
        yield Federation(database=database, node=node, hotline=hotline)
    node.close()


def send(person: Person) -> None:
    """Press the button of the page's own form, whatever its language calls it."""
    with person.page.expect_navigation():
        person.page.locator("main form button").first.click()


def follow(person: Person, selector: str) -> None:
    with person.page.expect_navigation():
        person.page.locator(selector).first.click()


def join(person: Person, link: str) -> None:
    person.page.goto(link)
    assert violations(person.page) == []
    send(person)
    assert violations(person.page) == []
    send(person)
    assert person.path == "/console"


SENTENCES = {
    "en": f"Entries of {PLATFORM}, allowed, for the purpose “investigation”, newest first.",
    "fr": f"Les entrées de {PLATFORM}, accordées, pour la finalité « enquête », la plus récente d'abord.",
}
VERDICTS = {"en": "Every step holds.", "fr": "Chaque étape tient."}


@pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=pytest.mark.drill)])
def test_an_invited_auditor_finds_who_received_a_signal_verifies_and_exports(chromium, federation, tmp_path, language):
    link = invite(federation.hotline.partner, holder=f"reviewer-{language}", roles=["federation_auditor"])
    with a_person(chromium, federation.node.settings.origin_url, language=language) as person:
        join(person, link)
        page = person.page
        assert page.get_attribute("html", "lang") == language

        # Three clicks: a push, its record, whoever received it.
        follow(person, "section[aria-labelledby=releases] tbody a")
        pushed = person.path
        follow(person, "section[aria-labelledby=records] tbody a")
        assert PLATFORM in page.inner_text("section[aria-labelledby=recipients]")

        person.go(pushed)
        page.click("#verify-button")
        page.wait_for_selector("#verified:not([hidden])")
        assert page.inner_text("#verified").startswith(VERDICTS[language])

        person.go("/console/trail")
        page.click("main details summary")
        page.fill("#f-organisation", PLATFORM)
        page.select_option("#f-purpose", "investigation")
        page.select_option("#f-decision", "allowed")
        send(person)
        assert page.inner_text("#sentence") == SENTENCES[language]
        assert page.locator("section[aria-labelledby=entries] tbody tr").count() == 1

        follow(person, "a[href^='/console/export']:not(nav.pages a)")
        unconfirm(federation.database)
        follow(person, "a[href^='/console/export/bundle']")
        assert person.path.startswith("/console/confirm")
        assert violations(page) == []
        with page.expect_download() as downloading:
            page.locator("main form button").first.click()
        kept = tmp_path / "bundle.zip"
        downloading.value.save_as(kept)
        assert zipfile.ZipFile(kept).namelist()[:2] == ["bundle.json", "checkpoint"]
