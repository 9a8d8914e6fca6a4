import psycopg
import pytest

from tests.exchanges import rows_of
from tests.people.authenticator import PRESENT
from tests.people.browser import SESSION, Browser
from tests.people.inviting import invite
from tests.people.looking import entries, last_entry, pass_time, unconfirm


def test_without_a_session_one_is_led_to_the_sign_in(node) -> None:
    answered = Browser(node=node).get("/console/passkeys")
    assert (answered.status, answered.location) == (303, "/console/sign-in?next=%2Fconsole%2Fpasskeys")


def test_who_follows_another_sites_link_stays_signed_in(node) -> None:
    came = Browser(node=node).get("/console/passkeys", **{"Sec-Fetch-Site": "cross-site"})
    assert 'content="0; url=/console/back?next=%2Fconsole%2Fpasskeys"' in came.text
    assert Browser(node=node).get("/console/back?next=%2Fconsole%2Fpasskeys").location == "/console/passkeys"


@pytest.mark.parametrize(("away", "status"), [("14 minutes", 200), ("16 minutes", 303)])
def test_a_session_ends_after_fifteen_idle_minutes(database, auditor, away, status) -> None:
    pass_time(database, away)
    assert auditor.get("/console/passkeys").status == status


def test_a_session_ends_after_twelve_hours_however_busy(database, auditor) -> None:
    pass_time(database, "12 hours")
    with psycopg.connect(database.superuser) as db:
        db.execute("UPDATE session SET seen_at = now()")
    assert auditor.get("/console/passkeys").status == 303


def test_a_page_keeps_its_session_open(database, auditor) -> None:
    pass_time(database, "14 minutes")
    auditor.get("/console/passkeys")
    pass_time(database, "14 minutes")
    assert auditor.get("/console/passkeys").status == 200


def test_signing_out_ends_the_session_on_the_node(node, auditor) -> None:
    stolen = Browser(node=node, cookies=dict(auditor.cookies))
    answered = auditor.sign_out()
    assert (answered.status, SESSION in auditor.cookies) == (303, False)
    assert last_entry(node)["action"] == "sign_out"
    assert stolen.get("/console/passkeys").status == 401
    entry = last_entry(node)
    assert (entry["decision"], entry["reason"], entry["organisation"]) == (
        "refused",
        "session_ended",
        "ministry.example",
    )


def test_a_guessed_session_is_none_and_leaves_no_entry(node) -> None:
    guessed = Browser(node=node, cookies={SESSION: "A" * 43})
    before = len(entries(node))
    assert guessed.get("/console/passkeys").status == 303
    assert len(entries(node)) == before


def test_two_cookies_of_one_name_are_none(node, auditor) -> None:
    token = auditor.cookies[SESSION]
    twice = Browser(node=node, cookies={SESSION: f"{token}; {SESSION}={'A' * 43}"})
    assert twice.get("/console/passkeys").status == 303


def test_every_page_of_a_person_is_entered(node, auditor) -> None:
    page = auditor.get("/console/passkeys")
    entry = last_entry(node)
    assert (entry["action"], entry["role"], entry["purpose"]) == ("keep_passkeys", "auditor", "audit")
    assert (entry["target"], entry["response_status"]) == ("/console/passkeys", 200)
    assert page.headers["Havre-Receipt"]


def test_a_page_that_cannot_be_entered_is_not_shown(database, auditor) -> None:
    with psycopg.connect(database.owner) as db:
        db.execute("REVOKE INSERT ON entry FROM havre_app")
    answered = auditor.get("/console/passkeys")
    assert answered.status == 503
    assert "passkeys-caption" not in answered.text


def test_nobody_signs_in_who_cannot_be_entered(database, auditor) -> None:
    auditor.sign_out()
    with psycopg.connect(database.owner) as db:
        db.execute("REVOKE INSERT ON unplaced FROM havre_app")
    before = rows_of(database.owner)["session"]
    assert auditor.sign_in().status == 503
    assert SESSION not in auditor.cookies
    assert rows_of(database.owner)["session"] == before


def test_an_administrator_ends_a_person_in_the_middle_of_a_session(ministry, auditor) -> None:
    ministry.post("/v1/people/end", {"holder": "auditor-7"})
    assert auditor.get("/console/passkeys").status == 401


def test_what_was_asked_for_is_refused_if_the_session_ends_meanwhile(node, auditor, monkeypatch) -> None:
    from server.console import keeping_passkeys  # noqa: PLC0415 - this test alone looks inside

    real = keeping_passkeys.passkey_store.passkeys_of

    def slowly(db, person_id):
        with psycopg.connect(node.settings.owner_database_url) as other:
            other.execute("UPDATE session SET ended_at = now()")
        return real(db, person_id)

    monkeypatch.setattr(keeping_passkeys.passkey_store, "passkeys_of", slowly)
    answered = auditor.get("/console/passkeys")
    assert answered.status == 401
    assert "passkeys-caption" not in answered.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": ""},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(node, auditor, headers) -> None:
    page = auditor.get("/console/passkeys")
    assert auditor.post("/console/sign-out", {"csrf": page.csrf}, **headers).status == 401
    assert (last_entry(node)["action"], last_entry(node)["reason"]) == ("sign_out", "foreign_origin")
    assert auditor.get("/console/passkeys").status == 200


@pytest.mark.parametrize("fields", [{}, {"csrf": "A" * 43}])
def test_a_form_without_its_token_is_refused(node, auditor, fields) -> None:
    assert auditor.post("/console/sign-out", fields).status == 401
    assert last_entry(node)["reason"] == "form_token"


def test_another_sessions_token_does_not_serve(node, ministry, auditor) -> None:
    other = Browser(node=node)
    other.join(invite(ministry, holder="auditor-8"))
    token = other.get("/console/passkeys").csrf
    assert auditor.post("/console/sign-out", {"csrf": token}).status == 401


def test_a_page_within_another_sites_page_is_refused(node, auditor) -> None:
    answered = auditor.get("/console/passkeys", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
    assert answered.status == 401
    assert last_entry(node)["reason"] == "foreign_origin"


def test_what_a_person_sent_is_not_repeated_in_a_refusal(node, auditor) -> None:
    answered = auditor.get("/console/passkeys?colour=zzsecretzz")
    assert answered.status == 400
    assert "zzsecretzz" not in answered.text
    assert "zzsecretzz" not in str(last_entry(node))


def test_head_is_refused(node, auditor) -> None:
    assert auditor._send("HEAD", "/console/sign-in", None, {}).status == 405


# Step-up --------------------------------------------------------------------------------------------------------


def test_what_wants_a_fresh_passkey_leads_to_it_first(database, auditor) -> None:
    unconfirm(database)
    answered = auditor.get("/console/passkeys/add")
    assert (answered.status, answered.location) == (303, "/console/confirm?next=%2Fconsole%2Fpasskeys%2Fadd")


def test_a_passkey_used_again_is_fresh_and_entered(node, database, auditor) -> None:
    unconfirm(database)
    assert auditor.confirm().status == 303
    assert last_entry(node)["action"] == "confirm_sign_in"
    assert auditor.get("/console/passkeys/add").status == 200


def test_a_form_that_wants_a_fresh_passkey_does_nothing_without(database, auditor) -> None:
    page = auditor.get("/console/passkeys/add")
    answer = auditor.device.create(page.options)
    unconfirm(database)
    sent = auditor.post("/console/passkeys/add", {"csrf": page.csrf, "answer": answer})
    assert sent.location == "/console/confirm?next=%2Fconsole%2Fpasskeys%2Fadd"
    assert len(rows_of(database.owner)["passkey"]) == 1


def test_a_step_up_wants_the_person_verified(node, database, auditor) -> None:
    unconfirm(database)
    assert auditor.confirm(flags=PRESENT).status == 401
    assert last_entry(node)["reason"] == "person_not_verified"
    assert auditor.get("/console/passkeys/add").status == 303


def test_another_persons_passkey_confirms_nothing(node, database, ministry, auditor) -> None:
    other = Browser(node=node)
    other.join(invite(ministry, holder="auditor-8"))
    unconfirm(database)
    assert auditor.confirm(credential=other.device.credentials[0]).status == 401
    assert last_entry(node)["reason"] == "foreign_passkey"


def test_a_challenge_of_another_session_confirms_nothing(node, database, auditor) -> None:
    elsewhere = Browser(node=node, device=auditor.device)
    elsewhere.sign_in()
    other = elsewhere.get("/console/confirm")
    unconfirm(database)
    page = auditor.get("/console/confirm")
    fields = {"csrf": page.csrf, "answer": auditor.device.get(other.options)}
    assert auditor.post("/console/confirm", fields).status == 401
    assert last_entry(node)["reason"] == "challenge"


# Passkeys -------------------------------------------------------------------------------------------------------


def test_with_one_passkey_every_page_asks_for_a_second(auditor) -> None:
    assert "/console/passkeys" in auditor.get("/console/confirm").text.partition('role="note"')[2]
    auditor.add_passkey()
    assert 'role="note"' not in auditor.get("/console/confirm").text


def test_a_second_passkey_signs_in_too(auditor) -> None:
    assert auditor.add_passkey().status == 303
    auditor.sign_out()
    assert auditor.sign_in(credential=auditor.device.credentials[1]).status == 303


def test_there_are_four_passkeys_at_most(database, auditor) -> None:
    for _ in range(3):
        auditor.add_passkey()
    assert auditor.get("/console/passkeys/add").location == "/console/passkeys"
    assert len(rows_of(database.owner)["passkey"]) == 4


def _ids(database) -> list[int]:
    with psycopg.connect(database.owner) as db:
        return [each for (each,) in db.execute("SELECT passkey_id FROM passkey ORDER BY passkey_id")]


def _remove(browser: Browser, passkey: int):
    page = browser.get("/console/passkeys")
    return browser.post("/console/passkeys/remove", {"csrf": page.csrf, "passkey": str(passkey)})


def test_a_removed_passkey_signs_in_no_more_and_its_sessions_end(node, database, auditor) -> None:
    auditor.add_passkey()
    by_second = Browser(node=node, device=auditor.device)
    by_second.sign_in(credential=auditor.device.credentials[1])
    assert _remove(auditor, _ids(database)[1]).location == "/console/passkeys"
    assert by_second.get("/console/passkeys").status == 401
    assert by_second.sign_in(credential=auditor.device.credentials[1]).status == 401


def test_who_removes_the_passkey_of_the_session_is_signed_out(database, auditor) -> None:
    auditor.add_passkey()
    assert _remove(auditor, _ids(database)[0]).location == "/console/sign-in"
    assert SESSION not in auditor.cookies


def test_the_last_passkey_stays(node, database, auditor) -> None:
    assert _remove(auditor, _ids(database)[0]).status == 401
    assert last_entry(node)["reason"] == "last_passkey"
    assert auditor.get("/console/passkeys").status == 200


def test_another_persons_passkey_cannot_be_removed(node, database, ministry, auditor) -> None:
    other = Browser(node=node)
    other.join(invite(ministry, holder="auditor-8"))
    other.add_passkey()
    assert _remove(auditor, _ids(database)[-1]).status == 404
