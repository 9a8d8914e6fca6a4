"""People in a real Chromium: invited, joined, signed in, confirmed, signed out; and those who steal or forge."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.persons import Person, a_person
from tests.conftest import Database, a_database
from tests.console.serving import a_free_port, served
from tests.partners import Partner, TestNode, a_node
from tests.people.browser import SESSION
from tests.people.inviting import AT_MOST, invite, with_keys
from tests.people.looking import entries, last_entry, unconfirm


@pytest.fixture(scope="module")
def shared(postgres, migrated) -> Iterator[Database]:
    with a_database(postgres, migrated) as made:
        yield made


@pytest.fixture(scope="module")
def node(shared) -> Iterator[TestNode]:
    founded = a_node(shared, origin_url=f"http://localhost:{a_free_port()}")
    with served(founded):
        yield founded
    founded.close()


@pytest.fixture(scope="module")
def ministry(node) -> Partner:
    partner = with_keys(node.partner("ministry.example", sector="government"))
    return node.admit(partner, roles_at_most=AT_MOST)


@pytest.fixture
def link(ministry) -> str:
    """An invitation's link for a holder of this test alone."""
    return invite(ministry, holder=f"auditor-{secrets.token_hex(4)}")


@pytest.fixture
def second_link(ministry) -> str:
    return invite(ministry, holder=f"auditor-{secrets.token_hex(4)}")


@pytest.fixture
def person(chromium, node) -> Iterator[Person]:
    with a_person(chromium, node.settings.origin_url) as somebody:
        yield somebody


@pytest.fixture
def another(chromium, node) -> Iterator[Person]:
    with a_person(chromium, node.settings.origin_url) as somebody:
        yield somebody


def test_an_invited_person_joins_adds_a_second_passkey_confirms_and_signs_out(node, shared, link, person) -> None:
    before = len(entries(node))
    person.join(link)
    assert person.path == "/console"
    assert "auditor-" in person.page.inner_text("header")
    assert "You have one passkey" in person.page.inner_text("main")

    second = person.take_device()
    person.go("/console/passkeys/add")
    person.press("Make the passkey")
    assert person.path == "/console/passkeys"
    assert len(person.credentials(second)) == 1
    assert person.page.get_by_role("row").count() == 3

    unconfirm(shared)
    person.go("/console/passkeys/add")
    assert person.path == "/console/confirm?next=%2Fconsole%2Fpasskeys%2Fadd"
    person.press("Use your passkey")
    assert person.path == "/console/passkeys/add"

    person.press("Sign out")
    assert (person.path, person.session) == ("/console/sign-in", None)
    person.press("Sign in with a passkey")
    assert person.path == "/console"
    assert [one["action"] for one in entries(node)[before:] if one["action"] in {"join", "sign_in", "sign_out"}] == [
        "join",
        "sign_out",
        "sign_in",
    ]


def test_the_session_is_a_host_cookie_that_scripts_cannot_read(link, person) -> None:
    person.join(link)
    cookie = next(one for one in person.context.cookies() if one["name"] == SESSION)
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Strict", "/")
    assert person.page.evaluate("document.cookie") == ""


def test_a_used_link_is_refused(link, person, another) -> None:
    person.join(link)
    another.page.goto(link)
    another.press("Open the invitation")
    assert "This did not prove who you are." in another.page.inner_text("main")


def test_an_invitations_secret_is_in_no_address_that_is_sent(link, person) -> None:
    sent: list[str] = []
    person.page.on("request", lambda request: sent.append(request.url.partition("#")[0]))
    person.join(link)
    assert sent
    assert not [url for url in sent if link.partition("#")[2] in url]


def test_who_changes_the_language_on_the_way_in_keeps_the_link_and_the_language(link, person) -> None:
    person.page.goto(link)
    person.press("Open the invitation")
    person.page.get_by_role("link", name="français").click()
    person.press("Ouvrir l'invitation")
    assert person.page.get_attribute("html", "lang") == "fr"
    person.press("Créer une clé d'accès et entrer")
    assert person.path == "/console?lang=fr"


@pytest.mark.drill
def test_a_device_that_does_not_verify_its_person_makes_no_passkey(chromium, node, link) -> None:
    with a_person(chromium, node.settings.origin_url, isUserVerified=False) as careless:
        careless.page.goto(link)
        careless.press("Open the invitation")
        careless.page.get_by_role("button", name="Make a passkey and enter").click()
        careless.page.wait_for_selector("[data-failed]:not([hidden])")
        assert careless.session is None


def test_a_stolen_cookie_is_worth_nothing_after_the_sign_out(node, link, person, another) -> None:
    person.join(link)
    stolen = person.context.cookies()
    another.context.add_cookies(stolen)
    person.press("Sign out")
    another.go("/console/passkeys")
    assert "This did not prove who you are." in another.page.inner_text("main")
    assert last_entry(node)["reason"] == "session_ended"


@pytest.mark.drill
def test_a_stolen_cookie_makes_itself_no_passkey(shared, link, person, another) -> None:
    person.join(link)
    another.context.add_cookies(person.context.cookies())
    unconfirm(shared)
    another.go("/console/passkeys/add")
    another.page.get_by_role("button", name="Use your passkey").click()
    another.page.wait_for_selector("[data-failed]:not([hidden])")
    assert another.path.startswith("/console/confirm")


@pytest.mark.drill
def test_another_persons_passkey_does_not_confirm(shared, link, second_link, person, another) -> None:
    person.join(link)
    another.join(second_link)
    theirs = another.credentials(another.devices[0])[0]
    person.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": person.devices[0]})
    person.devtools.send("WebAuthn.addCredential", {"authenticatorId": person.devices[0], "credential": theirs})
    unconfirm(shared)
    person.go("/console/confirm")
    person.page.get_by_role("button", name="Use your passkey").click()
    person.page.wait_for_selector("[data-failed]:not([hidden])")


def test_an_assertion_is_not_taken_twice(node, link, person) -> None:
    person.join(link)
    sent: list[Any] = []
    person.page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    person.sign_in()
    again = person.context.request.post(
        f"{node.settings.origin_url}/console/sign-in",
        data=sent[-1].post_data,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": node.settings.origin_url},
        max_redirects=0,
    )
    assert again.status == 401
    assert last_entry(node)["reason"] in {"counter", "replayed"}


@pytest.fixture
def foreign_page(node) -> Callable[[Person, str], None]:
    """Open a page of another origin on this machine, which holds a form to the node."""

    def open_page(person: Person, action: str) -> None:
        form = f'<form method="post" action="{node.settings.origin_url}{action}"><button>Win a prize</button></form>'
        person.page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body=form, content_type="text/html"))
        person.page.goto("http://127.0.0.1:9/")

    return open_page


@pytest.mark.drill
def test_a_form_of_another_site_signs_nobody_out(node, link, person, foreign_page) -> None:
    person.join(link)
    foreign_page(person, "/console/sign-out")
    person.press("Win a prize")
    person.go("/console/passkeys")
    assert person.path == "/console/passkeys"
    assert last_entry(node)["action"] == "keep_passkeys"


@pytest.mark.drill
def test_an_assertion_made_on_another_origin_signs_nobody_in(node, link, person) -> None:
    person.join(link)
    person.press("Sign out")
    # Another port of the same machine shows our own page: the RP id is the same, the origin is not.
    elsewhere, page = f"http://localhost:{a_free_port()}", person.page.content()
    person.page.route(f"{elsewhere}/**", lambda route: _act_as_the_node(route, node.settings.origin_url, page))
    person.page.goto(f"{elsewhere}/console/sign-in")
    with person.page.expect_request(lambda request: request.method == "POST") as caught:
        person.page.get_by_role("button", name="Sign in with a passkey").click()
    said = person.context.request.post(
        f"{node.settings.origin_url}/console/sign-in",
        data=caught.value.post_data,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": node.settings.origin_url},
        max_redirects=0,
    )
    assert said.status == 401
    assert last_entry(node)["reason"] == "foreign_origin"


def _act_as_the_node(route: Any, origin: str, page: str) -> None:
    """A site that shows the node's own page and script, and keeps what is sent to it."""
    path = "/" + route.request.url.split("/", 3)[3]
    if route.request.method == "POST":
        route.fulfill(body="<p>thanks</p>", content_type="text/html")
    elif path == "/console/sign-in":
        route.fulfill(body=page, content_type="text/html")
    else:
        route.fulfill(response=route.fetch(url=f"{origin}{path}"))
