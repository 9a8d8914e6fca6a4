"""Every declared page of the console: behind its permission, entered, and closed to other sites."""

import re

import pytest

from server.access import ALLOWANCES
from server.console.door import DeclaredPage
from server.console.mounting import CONSOLE
from tests.exchanges import changed, rows_of
from tests.people.browser import SESSION, Browser
from tests.people.inviting import invite
from tests.people.looking import entries, last_entry

PAGES = [page for part in CONSOLE for page in part.declared]
BEHIND = [page for page in PAGES if page.permission is not None]
OPEN = [page for page in PAGES if page.permission is None]
ROLES = ("administrator", "auditor", "federation_auditor")
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def path_of(page: DeclaredPage) -> str:
    """An address of the page; there need be nothing at it."""
    return re.sub("<[^>]+>", "x.example", page.rule)


def ask(browser: Browser, page: DeclaredPage, fields: dict[str, str] | None = None, **headers: str):
    if page.method == "GET":
        return browser.get(path_of(page), **headers)
    return browser.post(path_of(page), fields or {}, **headers)


def named(page: DeclaredPage) -> str:
    return f"{page.method}-{page.name}"


@pytest.mark.parametrize("page", BEHIND, ids=named)
def test_without_a_session_no_page_is_shown(one_of_each, page) -> None:
    answered = ask(Browser(node=one_of_each["auditor"].node), page)
    assert (answered.status, answered.location.partition("?")[0]) == (303, "/console/sign-in")


@pytest.fixture(scope="module")
def one_of_each(postgres, template):
    """A node with one person of each role, for all that only look."""
    from tests.conftest import a_database  # noqa: PLC0415 - the fixture's own
    from tests.partners import a_node  # noqa: PLC0415 - same
    from tests.people.inviting import with_keys  # noqa: PLC0415 - same

    with a_database(postgres, template) as database:
        node = a_node(database)
        ministry = with_keys(node.partner("ministry.example", sector="government"))
        ministry.keep_grown(database.grown["statements"]["ministry.example"])
        persons = {role: Browser(node=node) for role in ROLES}
        for role, person in persons.items():
            assert person.join(invite(ministry, holder=f"person-{role}", roles=[role])).status == 303
        yield persons
        node.close()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", BEHIND, ids=named)
def test_a_page_is_for_the_roles_of_its_permission_and_entered_either_way(one_of_each, page, role) -> None:
    person = one_of_each[role]
    # With a wrong token: what a page does is not done, and who may do it shows all the same.
    answered = ask(person, page, {"csrf": "A" * 43})
    entry = last_entry(person.node)
    is_allowed = role in ALLOWANCES[page.permission].roles
    assert (answered.status == 403) is not is_allowed, answered.text
    assert (entry["action"], entry["organisation"]) == (page.permission.value, "ministry.example")
    assert entry["response_status"] == answered.status
    if not is_allowed:
        assert (entry["decision"], entry["reason"]) == ("refused", "role_not_allowed")
    elif page.method == "POST":
        assert (entry["decision"], entry["reason"], entry["role"]) == ("refused", "form_token", role)


@pytest.mark.parametrize("page", [page for page in PAGES if page.method == "POST"], ids=named)
def test_no_form_is_taken_from_another_site(one_of_each, page) -> None:
    person = one_of_each["auditor"]
    answered = ask(person, page, {"csrf": "A" * 43}, Origin="https://evil.example")
    assert answered.status in {401, 403}
    assert SESSION not in "".join(answered.set_cookies)


@pytest.mark.parametrize("page", [page for page in OPEN if page.method == "GET"], ids=named)
def test_an_open_page_changes_nothing_and_is_nobodys_act(one_of_each, page) -> None:
    node = one_of_each["auditor"].node
    before = rows_of(node.settings.owner_database_url)
    ask(Browser(node=node), page)
    assert changed(before, rows_of(node.settings.owner_database_url)) == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.method == "GET"], ids=named)
def test_every_page_says_what_a_browser_may_do_with_it(one_of_each, page) -> None:
    answered = ask(one_of_each["federation_auditor"], page)
    assert answered.headers["Content-Security-Policy"] == POLICY
    assert answered.headers["X-Content-Type-Options"] == "nosniff"
    assert answered.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not re.search(r"<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=|javascript:", answered.text)


@pytest.mark.parametrize("page", [page for page in BEHIND if page.method == "GET"], ids=named)
def test_nothing_of_a_persons_pages_is_kept(one_of_each, page) -> None:
    assert ask(one_of_each["auditor"], page).headers["Cache-Control"] == "no-store"


def test_every_page_is_below_console() -> None:
    assert all(page.rule == "/console" or page.rule.startswith("/console/") for page in PAGES)


def test_a_page_that_fails_says_nothing_of_why_and_is_entered(node, auditor, monkeypatch) -> None:
    from server.console import keeping_passkeys  # noqa: PLC0415 - this test alone looks inside

    def fail(*_given):
        raise ZeroDivisionError("zzsecretzz")

    monkeypatch.setattr(keeping_passkeys.passkey_store, "passkeys_of", fail)
    before = len(entries(node))
    answered = auditor.get("/console/passkeys")
    assert answered.status == 500
    assert "zzsecretzz" not in answered.text
    assert (len(entries(node)), last_entry(node)["reason"]) == (before + 1, "internal_error")
