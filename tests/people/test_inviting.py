import re
from hashlib import sha256
from urllib.parse import urlsplit

import psycopg
import pytest

from crypto.encoding import from_base64url
from tests.exchanges import changed, rows_of
from tests.partners import DAY, now_seconds
from tests.people.inviting import hand_in, invitation, invite, key_of
from tests.people.looking import last_entry

LINK = re.compile(r"https://node\.example/console/join#[A-Za-z0-9_-]{43}")


def refused(answered) -> list[tuple[str, str]]:
    assert answered.status == 422, answered.body
    return answered.refused


def test_an_administrator_invites_by_a_signed_invitation(ministry) -> None:
    answered = hand_in(ministry, invitation(ministry))
    assert answered.status == 201
    assert set(answered.json) == {"id", "holder", "link", "expires"}
    assert LINK.fullmatch(answered.json["link"])


def test_of_a_link_only_the_digest_is_kept(database, ministry) -> None:
    secret = urlsplit(invite(ministry)).fragment
    rows = rows_of(database.owner)
    assert not any(secret in row for table in rows.values() for row in table)
    assert not any(from_base64url(secret).hex() in row for table in rows.values() for row in table)
    assert any(sha256(from_base64url(secret)).hexdigest() in row for row in rows["invitation"])


def test_an_invitation_is_entered_without_its_link(node, ministry) -> None:
    invite(ministry)
    assert (last_entry(node)["action"], last_entry(node)["decision"]) == ("invite_person", "allowed")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"iss": "hotline.example"}, [("/iss", "issuer")]),
        ({"federation": "other.example"}, [("/federation", "federation")]),
        ({"exp": now_seconds() + 8 * DAY}, [("/exp", "rule_lifetime")]),
        ({"iat": now_seconds() - 2 * DAY, "exp": now_seconds() - DAY}, [("/exp", "invitation_expired")]),
        ({"iat": now_seconds() + DAY, "exp": now_seconds() + 2 * DAY}, [("/iat", "invitation_early")]),
        ({"roles": ["operator"]}, [("/roles/0", "not_one_of")]),
        ({"roles": []}, [("/roles", "length")]),
        ({"roles": ["administrator", "auditor"]}, [("/roles", "rule_auditor_apart")]),
        ({"holder": "contributor-system"}, [("/roles", "roles_of_holder_apart")]),
        ({"holder": "somebody at home"}, [("/holder", "pattern")]),
        ({"colour": "red"}, [("", "unknown_member")]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_invitation_that_breaks_a_rule_invites_nobody(database, ministry, changes, told) -> None:
    before = rows_of(database.owner)
    answered = refused(hand_in(ministry, invitation(ministry, **changes)))
    assert answered == told
    assert changed(before, rows_of(database.owner)) == {"entry", "nonce", "unplaced"}


def test_an_invitation_counts_once(ministry) -> None:
    token = invitation(ministry)
    assert hand_in(ministry, token).status == 201
    assert refused(hand_in(ministry, token)) == [("/jti", "already_used")]


def test_an_invitation_is_signed_by_the_key_that_hands_it_in(ministry) -> None:
    by_another = invitation(ministry, by=key_of(ministry, "contributor"))
    assert refused(hand_in(ministry, by_another)) == [("", "keyid")]


def test_another_organisations_invitation_is_refused(ministry, hotline) -> None:
    assert refused(hand_in(ministry, invitation(hotline))) == [("", "keyid")]


def test_an_altered_invitation_is_refused(ministry) -> None:
    head, _, signature = invitation(ministry).rpartition(".")
    other = invitation(ministry, holder="auditor-8").rpartition(".")[2]
    assert other != signature
    assert refused(hand_in(ministry, f"{head}.{other}")) == [("", "signature")]


def test_only_an_administrators_key_invites(ministry) -> None:
    by = key_of(ministry, "auditor")
    answered = hand_in(ministry, invitation(ministry, by=by), by=by)
    assert (answered.status, answered.code) == (403, "role_not_allowed")


def test_a_role_that_the_organisation_has_not_is_given_to_nobody(node, ministry) -> None:
    ministry.keys.remove(key_of(ministry, "federation_auditor"))
    gone = next(held for held in [*ministry.keys] if held.roles == ["auditor"])
    assert gone is not None
    with psycopg.connect(node.settings.owner_database_url) as db:
        db.execute("UPDATE organisation SET roles_at_most = array_remove(roles_at_most, 'federation_auditor')")
    told = refused(hand_in(ministry, invitation(ministry, roles=["federation_auditor"])))
    assert told == [("/roles", "role_not_given")]


def test_who_is_a_person_is_not_invited_again(ministry, browser) -> None:
    browser.join(invite(ministry))
    assert refused(hand_in(ministry, invitation(ministry))) == [("/holder", "holder_is_person")]


def test_people_are_listed_with_what_became_of_them(ministry, browser) -> None:
    browser.join(invite(ministry))
    invite(ministry, holder="auditor-8")
    listed = ministry.get("/v1/people").json["people"]
    assert [(one["holder"], one["status"], one["passkeys"]) for one in listed] == [
        ("auditor-8", "invited", 0),
        ("auditor-7", "active", 1),
    ]
    assert listed[1]["roles_in_force"] == ["auditor"]


def test_people_of_others_are_not_listed(ministry, hotline) -> None:
    invite(hotline)
    assert ministry.get("/v1/people").json == {"people": []}


def test_an_administrator_ends_a_person_and_every_invitation_of_the_holder(ministry, browser) -> None:
    browser.join(invite(ministry))
    assert ministry.post("/v1/people/end", {"holder": "auditor-7"}).status == 200
    assert [one["status"] for one in ministry.get("/v1/people").json["people"]] == ["ended"]


def test_ended_a_holder_can_be_invited_and_join_again(ministry, browser) -> None:
    browser.join(invite(ministry))
    ministry.post("/v1/people/end", {"holder": "auditor-7"})
    assert browser.join(invite(ministry)).status == 303


@pytest.mark.parametrize("holder", ["nobody-1", "auditor-7"])
def test_who_is_not_ones_own_cannot_be_ended(ministry, hotline, holder) -> None:
    invite(hotline)
    assert ministry.post("/v1/people/end", {"holder": holder}).status == 404


@pytest.mark.parametrize("body", [{"holder": "a b"}, {"holder": 7}, {"name": "auditor-7"}, {}])
def test_an_end_of_another_form_is_refused(ministry, body) -> None:
    answered = ministry.post("/v1/people/end", body)
    assert (answered.status, answered.code) == (400, "malformed_body")
