import pytest

from tests.exchanges import changed, rows_of
from tests.partners import DAY, now_seconds
from tests.people.authenticator import PRESENT, Authenticator
from tests.people.browser import SESSION, Browser
from tests.people.inviting import invite, key_of
from tests.people.looking import entries, last_entry


def refused_as(browser: Browser, reason: str, **attack: object) -> bool:
    """Whether an attempt with the person's passkey is refused, entered for `reason`, and opens nothing."""
    browser.cookies.pop(SESSION, None)
    answered = browser.sign_in(**attack)
    entry = last_entry(browser.node)
    assert (answered.status, SESSION in browser.cookies) == (401, False), answered.text
    return (entry["action"], entry["decision"], entry["reason"]) == ("sign_in", "refused", reason)


def test_a_person_signs_in_with_a_passkey_alone(auditor) -> None:
    auditor.sign_out()
    answered = auditor.sign_in()
    assert (answered.status, answered.location) == (303, "/console")
    assert auditor.get("/console/passkeys").status == 200


def test_a_sign_in_is_entered_under_its_passkey_without_a_signature(node, auditor) -> None:
    auditor.sign_in()
    entry = last_entry(node)
    assert (entry["action"], entry["decision"], entry["target"]) == ("sign_in", "allowed", "/console/sign-in")
    assert entry["keyid"] == entries(node, "join")[-1]["keyid"]
    assert (entry["signature"], entry["signature_base"], entry["organisation"]) == (None, None, "ministry.example")


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_have(auditor) -> None:
    auditor.sign_out()
    cookie = next(each for each in auditor.sign_in().set_cookies if each.startswith(f"{SESSION}="))
    assert set(cookie.split("; ")[1:]) == {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}


def test_signing_in_again_ends_the_session_before(node, auditor) -> None:
    before = dict(auditor.cookies)
    auditor.sign_in()
    stolen = Browser(node=node, cookies=before)
    assert stolen.get("/console/passkeys").status == 401


def test_a_replayed_assertion_is_refused(node, auditor) -> None:
    page = auditor.get("/console/sign-in")
    fields = {"csrf": page.csrf, "answer": auditor.device.get(page.options)}
    assert auditor.post("/console/sign-in", fields).status == 303
    assert auditor.post("/console/sign-in", fields).status == 401
    assert last_entry(node)["reason"] == "counter"


def test_a_replayed_assertion_of_a_passkey_without_a_counter_is_refused(node, auditor) -> None:
    page = auditor.get("/console/sign-in")
    passkey = auditor.device.credentials[-1]
    passkey.counter = -1
    fields = {"csrf": page.csrf, "answer": auditor.device.get(page.options)}
    assert auditor.post("/console/sign-in", fields).status == 303
    assert auditor.post("/console/sign-in", fields).status == 401
    assert last_entry(node)["reason"] == "replayed"


def test_without_user_verification_nobody_signs_in(auditor) -> None:
    assert refused_as(auditor, "person_not_verified", flags=PRESENT)


def test_without_user_presence_nobody_signs_in(auditor) -> None:
    assert refused_as(auditor, "passkey", flags=0x04)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://node.example", "https://node.example:8443", "https://a.node.example"]
)
def test_an_assertion_made_on_another_origin_is_refused(auditor, origin) -> None:
    assert refused_as(auditor, "foreign_origin", origin=origin)


def test_an_assertion_made_in_a_frame_of_another_site_is_refused(auditor) -> None:
    assert refused_as(auditor, "framed", crossOrigin=True)


def test_an_assertion_for_another_party_is_refused(auditor) -> None:
    auditor.device.credentials[-1].rp_id = "evil.example"
    assert refused_as(auditor, "foreign_party")


def test_an_assertion_signed_by_another_key_is_refused(auditor) -> None:
    auditor.device.credentials[-1].key = _another_key()
    assert refused_as(auditor, "passkey")


def _another_key():
    device = Authenticator()
    device.create('{"user":{"id":"AAAA"},"rp":{"id":"node.example"},"challenge":"AAAA"}')
    return device.credentials[0].key


def test_a_counter_that_went_back_is_refused(auditor) -> None:
    auditor.device.credentials[-1].counter = 5
    auditor.sign_in()
    auditor.device.credentials[-1].counter = 1
    assert refused_as(auditor, "counter")


def test_a_passkey_that_names_another_person_is_refused(auditor) -> None:
    assert refused_as(auditor, "foreign_passkey", handle=bytes(32))


def test_a_challenge_of_another_browser_is_refused_without_an_entry(node, auditor) -> None:
    auditor.sign_out()
    elsewhere = Browser(node=node).get("/console/sign-in")
    page = auditor.get("/console/sign-in")
    before = len(entries(node))
    fields = {"csrf": page.csrf, "answer": auditor.device.get(elsewhere.options)}
    assert auditor.post("/console/sign-in", fields).status == 401
    assert len(entries(node)) == before


def test_a_challenge_of_a_step_up_does_not_sign_in(auditor) -> None:
    other = auditor.get("/console/confirm")
    page = auditor.get("/console/sign-in")
    fields = {"csrf": page.csrf, "answer": auditor.device.get(other.options)}
    assert auditor.post("/console/sign-in", fields).status == 401


def test_an_unknown_passkey_is_refused_and_leaves_no_row(node, database, auditor) -> None:
    stranger = Browser(node=node)
    stranger.device.credentials = [_copy_with_another_id(auditor.device.credentials[0])]
    before = rows_of(database.owner)
    assert stranger.sign_in().status == 401
    assert changed(before, rows_of(database.owner)) == set()


def _copy_with_another_id(credential):
    return type(credential)(
        credential_id=bytes(32), user_handle=credential.user_handle, rp_id=credential.rp_id, key=credential.key
    )


def test_the_page_of_signing_in_leaves_no_row_however_often_it_is_loaded(node, database) -> None:
    before = rows_of(database.owner)
    for _ in range(5):
        Browser(node=node).get("/console/sign-in")
    assert changed(before, rows_of(database.owner)) == set()


def test_an_ended_person_does_not_sign_in(ministry, auditor) -> None:
    ministry.post("/v1/people/end", {"holder": "auditor-7"})
    auditor.cookies.pop(SESSION)
    assert auditor.sign_in().status == 401


def test_nobody_of_a_suspended_organisation_signs_in(node, ministry, auditor) -> None:
    node.decide("suspend", ministry.statements[-1], roles_at_most=_admitted_roles(node, ministry))
    assert auditor.sign_in().status == 403
    assert last_entry(node)["reason"] == "suspended"


def _admitted_roles(node, partner) -> list[str]:
    with node.pool.connection() as db:
        row = db.execute("SELECT roles_at_most FROM organisation WHERE name = %s", [partner.name]).fetchone()
    return sorted(row[0])


def test_a_person_whose_role_was_lost_does_not_sign_in(node, ministry, auditor) -> None:
    key_of(ministry, "auditor").until = key_of(ministry, "auditor").from_ + 60
    assert ministry.put_statement(ministry.statement()).status == 200
    assert auditor.sign_in().status == 403
    assert last_entry(node)["reason"] == "role_not_allowed"


def test_a_holder_who_got_a_contributors_key_audits_no_more(node, ministry, auditor) -> None:
    ministry.add_key("both", roles=["contributor"], holder="auditor-7")
    assert ministry.put_statement(ministry.statement()).status == 200
    assert auditor.get("/console/passkeys").status == 403
    assert auditor.sign_in().status == 403


def test_a_key_that_will_hold_tomorrow_counts_today(ministry, auditor) -> None:
    ministry.add_key("both", roles=["contributor"], holder="auditor-7", from_=now_seconds() + DAY)
    assert ministry.put_statement(ministry.statement()).status == 200
    assert auditor.sign_in().status == 403


def test_a_passkey_is_tried_so_often_and_no_oftener(database) -> None:
    from server.rates import Rate, Rates  # noqa: PLC0415 - this test alone sets a rate
    from tests.partners import a_node  # noqa: PLC0415 - same
    from tests.people.inviting import with_keys  # noqa: PLC0415 - same

    node = a_node(database, rates=Rates(sign_in=Rate(organisation=300, key=3)))
    ministry = with_keys(node.partner("ministry.example", sector="government"))
    ministry.keep_grown(database.grown["statements"]["ministry.example"])
    browser = Browser(node=node)
    browser.join(invite(ministry))
    told = [browser.sign_in(flags=PRESENT).status for _ in range(5)]
    limited = browser.sign_in()
    node.close()
    assert told == [401, 401, 401, 429, 429]
    assert (limited.status, "Retry-After" in limited.headers) == (429, True)


@pytest.mark.parametrize("address", ["//evil.example", "/console//evil", "/v1/whoami", "/\\evil"])
def test_nobody_is_sent_to_another_site_after_signing_in(auditor, address) -> None:
    page = auditor.get("/console/sign-in")
    fields = {"csrf": page.csrf, "answer": auditor.device.get(page.options), "next": address}
    assert auditor.post("/console/sign-in", fields).location == "/console"


def test_one_returns_to_where_one_came_from(node, auditor) -> None:
    auditor.sign_out()
    sent = auditor.get("/console/passkeys/remove?passkey=1")
    assert sent.location == "/console/sign-in?next=%2Fconsole%2Fpasskeys%2Fremove%3Fpasskey%3D1"
    page = auditor.get(sent.location)
    fields = {
        "csrf": page.csrf,
        "answer": auditor.device.get(page.options),
        "next": "/console/passkeys/remove?passkey=1",
    }
    assert auditor.post("/console/sign-in", fields).location == "/console/passkeys/remove?passkey=1"
