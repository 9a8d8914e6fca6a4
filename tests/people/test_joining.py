import re
import secrets
from urllib.parse import urlsplit

import pytest

from crypto.encoding import to_base64url
from tests.exchanges import changed, rows_of
from tests.people.authenticator import PRESENT
from tests.people.browser import SESSION, Browser
from tests.people.inviting import invite, key_of
from tests.people.looking import change, entries, last_entry

LINK = "https://node.example/console/join#"


def test_an_invited_person_joins_with_a_passkey_and_is_signed_in(browser, ministry) -> None:
    joined = browser.join(invite(ministry))
    assert (joined.status, joined.location) == (303, "/console")
    assert browser.get("/console/passkeys").status == 200


def test_joining_is_entered_under_the_new_passkey(node, browser, ministry) -> None:
    browser.join(invite(ministry))
    entry = last_entry(node)
    assert (entry["action"], entry["decision"], entry["organisation"]) == ("join", "allowed", "ministry.example")
    assert re.fullmatch(r"ministry\.example/[A-Za-z0-9_-]{43}", entry["keyid"])
    assert (entry["signature"], entry["signature_base"]) == (None, None)


def test_looking_at_an_invitation_uses_nothing_up_and_is_nobodys_act(node, browser, ministry) -> None:
    link = invite(ministry)
    before = len(entries(node))
    assert "auditor-7" in browser.look_at(link).text
    assert browser.look_at(link).status == 200
    assert len(entries(node)) == before
    assert browser.join(link).status == 303


def test_a_link_makes_one_person(node, browser, ministry) -> None:
    link = invite(ministry)
    browser.join(link)
    other = Browser(node=node).look_at(link)
    assert other.status == 401
    assert "auditor-7" not in other.text
    assert last_entry(node)["reason"] == "invitation_used"


def test_two_that_hold_one_link_do_not_both_join(node, ministry) -> None:
    link = invite(ministry)
    first, second = Browser(node=node), Browser(node=node)
    pages = [(each, each.look_at(link)) for each in (first, second)]
    sent = [
        each.post(
            "/console/join/passkey",
            {
                "csrf": page.csrf,
                "invitation": urlsplit(link).fragment,
                "answer": each.device.create(page.options),
            },
        ).status
        for each, page in pages
    ]
    assert sent == [303, 401]


def test_an_expired_invitation_makes_nobody_a_person(node, database, browser, ministry) -> None:
    link = invite(ministry)
    change(database.superuser, "UPDATE invitation SET issued_at = now() - interval '1 day', expires_at = now()")
    assert browser.look_at(link).status == 401
    assert last_entry(node)["reason"] == "invitation_expired"


def test_an_ended_invitation_makes_nobody_a_person(node, browser, ministry) -> None:
    link = invite(ministry)
    ministry.post("/v1/people/end", {"holder": "auditor-7"})
    assert browser.look_at(link).status == 401
    assert last_entry(node)["reason"] == "invitation_ended"


def test_an_invitation_that_is_ended_while_it_is_used_makes_nobody_a_person(browser, ministry) -> None:
    link = invite(ministry)
    page = browser.look_at(link)
    ministry.post("/v1/people/end", {"holder": "auditor-7"})
    fields = {"csrf": page.csrf, "invitation": urlsplit(link).fragment, "answer": browser.device.create(page.options)}
    assert browser.post("/console/join/passkey", fields).status == 401


def test_an_invitation_dies_with_the_key_that_signed_it(node, browser, ministry) -> None:
    link = invite(ministry)
    newer = ministry.add_key("administrator-2", roles=["administrator"], holder="administrator-system")
    ministry.exchange.revoked_at = newer.from_
    assert ministry.put_statement(ministry.statement(), by=newer).status == 200
    assert browser.look_at(link).status == 401
    assert last_entry(node)["reason"] == "inviter_revoked"


def test_a_role_that_was_lost_since_invites_nobody(node, browser, ministry) -> None:
    link = invite(ministry)
    key_of(ministry, "auditor").until = key_of(ministry, "auditor").from_ + 60
    assert ministry.put_statement(ministry.statement()).status == 200
    assert browser.look_at(link).status == 403
    assert last_entry(node)["reason"] == "role_not_allowed"


def test_nobody_joins_a_suspended_organisation(node, browser, ministry) -> None:
    link = invite(ministry)
    node.decide("suspend", ministry.statements[-1], roles_at_most=sorted(_roles(node, ministry)))
    assert browser.look_at(link).status == 403
    assert last_entry(node)["reason"] == "suspended"


def _roles(node, partner) -> list[str]:
    with node.pool.connection() as db:
        row = db.execute("SELECT roles_at_most FROM organisation WHERE name = %s", [partner.name]).fetchone()
    return list(row[0])


@pytest.mark.parametrize("secret", ["A" * 43, to_base64url(secrets.token_bytes(32))], ids=["alike", "random"])
def test_a_guessed_link_leaves_no_entry_and_no_trace(node, database, browser, secret) -> None:
    before = rows_of(database.owner)
    answered = browser.look_at(LINK + secret)
    assert answered.status == 401
    assert secret not in answered.text
    assert changed(before, rows_of(database.owner)) == set()


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        ({"flags": PRESENT}, "person_not_verified"),
        ({"origin": "https://node.example.evil.example"}, "foreign_origin"),
        ({"crossOrigin": True}, "framed"),
        ({"topOrigin": "https://evil.example"}, "framed"),
        ({"type": "webauthn.get"}, "passkey_form"),
        ({"challenge": to_base64url(bytes(56))}, "challenge"),
    ],
)
def test_a_passkey_that_was_not_made_here_by_its_person_is_refused(browser, ministry, attack, reason) -> None:
    link = invite(ministry)
    assert browser.join(link, **attack).status == 401
    assert last_entry(browser.node)["reason"] == reason
    assert rows_of(browser.node.settings.owner_database_url)["person"] == []
    assert SESSION not in browser.cookies


def test_an_answer_to_another_browsers_challenge_is_refused(node, browser, ministry) -> None:
    link = invite(ministry)
    elsewhere = Browser(node=node)
    answer = elsewhere.device.create(elsewhere.look_at(link).options)
    page = browser.look_at(link)
    fields = {"csrf": page.csrf, "invitation": urlsplit(link).fragment, "answer": answer}
    assert browser.post("/console/join/passkey", fields).status == 401
    assert last_entry(node)["reason"] == "challenge"


def test_a_challenge_of_one_invitation_does_not_serve_another(node, browser, ministry) -> None:
    first, second = invite(ministry), invite(ministry, holder="auditor-8")
    answer = browser.device.create(browser.look_at(first).options)
    page = browser.look_at(second)
    fields = {"csrf": page.csrf, "invitation": urlsplit(second).fragment, "answer": answer}
    assert browser.post("/console/join/passkey", fields).status == 401


def test_a_passkey_that_is_somebodys_is_not_anothers(node, browser, ministry) -> None:
    browser.join(invite(ministry))
    link = invite(ministry, holder="auditor-8")
    other = Browser(node=node)
    page = other.look_at(link)
    answer = other.device.create(page.options)
    taken = to_base64url(browser.device.credentials[0].credential_id)
    own = to_base64url(other.device.credentials[0].credential_id)
    fields = {"csrf": page.csrf, "invitation": urlsplit(link).fragment, "answer": answer.replace(own, taken)}
    assert other.post("/console/join/passkey", fields).status == 401


@pytest.mark.parametrize(
    "answer", ["{}", "{ }", '{"id":1}', '{"id":"a","rawId":"a","type":"public-key","response":{}}', "{" * 500 + "}"]
)
def test_an_answer_of_another_form_is_refused_without_an_entry(node, browser, ministry, answer) -> None:
    link = invite(ministry)
    page = browser.look_at(link)
    before = len(entries(node))
    fields = {"csrf": page.csrf, "invitation": urlsplit(link).fragment, "answer": answer}
    assert browser.post("/console/join/passkey", fields).status in {400, 401}
    assert len(entries(node)) == before


def test_whatever_is_allowed_to_people_names_their_passkey(node, auditor) -> None:
    auditor.add_passkey()
    auditor.confirm()
    auditor.sign_out()
    auditor.sign_in()
    allowed = [each for each in entries(node) if each["signature"] is None and each["decision"] == "allowed"]
    assert len(allowed) > 6
    assert all(each["keyid"].startswith("ministry.example/") and each["organisation"] for each in allowed)
