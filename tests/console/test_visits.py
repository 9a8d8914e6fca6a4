"""What people see of a node with a past: each role its own pages, in three clicks from a push to its receivers."""

import json
import re
from datetime import timedelta

import psycopg
import pytest

from server.console import exporting
from tests.console.conftest import HOTLINE, PLATFORM
from tests.console.people import a_visitor
from tests.people.looking import last_entry

OF_AUDITORS = ["/console/trail", "/console/export", "/console/find?q=1", "/console/entries/1"]
OF_ADMINISTRATORS = ["/console/people"]
OF_BOTH = ["/console", "/console/organisations", f"/console/organisations/{HOTLINE}", "/console/checkpoints"]


def first(links, beginning):
    return next(link for link in links if link.startswith(beginning))


@pytest.mark.parametrize("path", [*OF_BOTH, *OF_AUDITORS[:2], *OF_AUDITORS[3:]])
def test_an_auditor_sees_the_pages_of_the_trail(federation_auditor, path):
    assert "<h1>" in federation_auditor.read(path)


def test_an_auditor_does_not_see_acts_that_do_not_concern_the_own_organisation(auditor):
    assert auditor.get("/console/entries/4").status_code == 404


@pytest.mark.parametrize("path", [*OF_BOTH, *OF_ADMINISTRATORS])
def test_an_administrator_sees_organisations_and_people(administrator, path):
    assert "<h1>" in administrator.read(path)


@pytest.mark.parametrize("path", OF_AUDITORS)
def test_an_administrator_does_not_see_the_trail(administrator, path):
    assert administrator.get(path).status_code == 403


@pytest.mark.parametrize("path", OF_ADMINISTRATORS)
def test_an_auditor_does_not_see_people(auditor, path):
    assert auditor.get(path).status_code == 403


def test_the_overview_of_an_administrator_shows_nothing_of_the_trail(administrator):
    assert "/console/entries/" not in administrator.read("/console")


def test_whoever_received_a_signal_is_three_clicks_from_the_overview(auditor, records):
    entry = first(auditor.links("/console"), "/console/entries/")
    exposure = first(auditor.links(entry), "/console/records/")
    text = auditor.read(exposure)
    assert any(record in exposure for record in records)
    assert PLATFORM in text
    assert "investigation" in text


def test_the_proof_is_in_order_on_a_node_that_nobody_touched(federation_auditor):
    text = federation_auditor.read("/console")
    assert text.count('class="result good"') == 4
    assert 'class="result bad"' not in text


def test_the_search_leads_from_any_name_to_its_page(federation_auditor, records):
    auditor = federation_auditor
    entry = auditor.read("/console/entries/3")
    leaf = re.search(r'<code id="leaf">([^<]+)<', entry)[1]
    found = {
        "3": "/console/entries/3",
        leaf: "/console/entries/3",
        HOTLINE: f"/console/organisations/{HOTLINE}",
        f"{HOTLINE}/{records[0]}": f"/console/records/{HOTLINE}/{records[0]}/exposure",
    }
    for text, address in found.items():
        answer = auditor.get(f"/console/find?q={text}")
        assert (answer.status_code, answer.headers["Location"]) == (303, address)


@pytest.mark.parametrize("text", ["999999999", "nobody.example"])
def test_what_names_nothing_is_not_found_and_not_repeated(auditor, text):
    answer = auditor.get(f"/console/find?q={text}")
    assert answer.status_code == 404
    assert "it does not concern your organisation" in answer.text
    assert text not in answer.text


@pytest.mark.parametrize("text", ["d41d8cd98f00b204e9800998ecf8427e", "..", "/", f"{HOTLINE}/what", "%C3%A9t%C3%A9"])
def test_what_has_the_form_of_no_name_is_said_to_have_none_and_not_repeated(auditor, text):
    answer = auditor.get(f"/console/find?q={text}")
    assert answer.status_code == 400
    assert "is no request id, place in the log, receipt" in answer.text
    assert text not in answer.text or len(text) <= 2


def test_to_whom_all_is_shown_nothing_is_said_to_concern_others(federation_auditor):
    answer = federation_auditor.get("/console/entries/999999999")
    assert answer.status_code == 404
    assert "There is no such thing on this node." in answer.text
    assert "concern your organisation" not in answer.text


@pytest.mark.parametrize("path", ["/console/nothing", "/console/", "/console/entries/1/more", "/console/sign-in/zz"])
def test_an_address_without_a_page_is_told_in_the_frame_of_the_console(auditor, path):
    answer = auditor.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert 'href="/console/trail"' in answer.text
    assert "Nothing found." in answer.text


def test_an_address_without_a_page_is_not_repeated(auditor):
    text = auditor.get("/console/zzwrittenzz?zzwrittenzz=1").text
    assert "zzwrittenzz" not in text
    assert 'href="?lang=fr"' in text


@pytest.mark.parametrize(("path", "own"), [("/console/people", "/console/export"), ("/console/nothing", "/console")])
def test_whoever_may_not_see_a_page_keeps_the_menu_of_the_own_role(auditor, path, own):
    text = auditor.get(path).text
    assert f'href="{own}"' in text
    assert 'href="/console/people"' not in text


def test_the_entry_of_a_pull_leads_to_what_was_served(node, records):
    platform = a_visitor(node, PLATFORM, "auditor")
    pulled = first(platform.links("/console/trail?action=read_feed"), "/console/entries/")
    received = first(platform.links(pulled), f"/console/organisations/{PLATFORM}/exposure?after=")
    assert any(record in platform.read(received) for record in records)


def test_the_entry_of_a_pull_leads_nobody_to_what_another_organisation_received(auditor):
    pulled = first(auditor.links("/console/trail?action=read_feed"), "/console/entries/")
    assert not [link for link in auditor.links(pulled) if "/exposure?after=" in link]


def test_the_entry_of_a_search_says_how_many_entries_were_shown(node, auditor):
    shown = auditor.read("/console/trail").count('<tr><th scope="row"><a href="/console/entries/')
    entry = last_entry(node)
    assert (entry["action"], entry["records"]) == ("read_trail", shown)


@pytest.mark.parametrize(
    "query", ["organisation=nobody.example", "since=2026-13-45", "after=AAAA", "surprise=1", "order=up"]
)
def test_a_filter_that_there_is_not_is_refused(auditor, query):
    assert auditor.get(f"/console/trail?{query}").status_code == 400


@pytest.mark.parametrize("query", ["until=0001-01-01", "until=0001-01-02", "since=9999-12-31", "since=0001-01-01"])
def test_the_ends_of_the_calendar_are_times_too(auditor, query):
    assert "<h1>" in auditor.read(f"/console/trail?{query}")


def test_a_filter_is_said_in_a_sentence_and_its_address_can_be_shared(auditor):
    address = f"/console/trail?organisation={PLATFORM}&action=read_feed&decision=allowed"
    said = f"Entries of {PLATFORM}, of the act “Feed pulled”, allowed, newest first."
    assert said in auditor.read(address)
    assert "purpose=investigation" in " ".join(auditor.links(address))


def test_an_empty_field_of_the_form_narrows_nothing(auditor):
    assert "All entries that you may see" in auditor.read("/console/trail?organisation=&decision=&since=&order=newest")


def test_a_page_comes_in_the_language_that_its_address_says(auditor):
    text = auditor.read("/console/trail?lang=fr", **{"Accept-Language": "en"})
    assert '<html lang="fr">' in text
    assert "Toutes les entrées que vous pouvez voir" in text


def test_another_organisations_auditor_does_not_see_who_received_a_record(node, records):
    other = a_visitor(node, PLATFORM, "auditor")
    assert other.get(f"/console/records/{HOTLINE}/{records[0]}/exposure").status_code == 404


def test_an_auditor_sees_what_the_own_organisation_received(node):
    platform = a_visitor(node, PLATFORM, "auditor")
    assert f"{HOTLINE}/" in platform.read(f"/console/organisations/{PLATFORM}/exposure")


def test_an_entry_shows_its_path_and_what_a_browser_verifies_it_with(auditor):
    entry = first(auditor.links("/console"), "/console/entries/")
    text = auditor.read(entry)
    for part in ('id="leaf"', 'id="salt"', 'id="p"', "data-statement=", "data-node-statement=", "havre audit verify"):
        assert part in text


@pytest.mark.parametrize("path", ["/console/entries/3", "/console/export"])
def test_nobody_is_told_to_trust_the_root_that_the_node_tells_of_itself(node, federation_auditor, path):
    text = federation_auditor.read(path)
    assert "node.example-&lt;time&gt;.havre-bundle.zip --node-root &lt;thumbprint-on-paper&gt;</pre>" in text
    assert "as you have it on paper, from elsewhere" in text
    assert f"--node-root {node.organisation.root.thumbprint}" not in text


@pytest.mark.parametrize("name", ["console.css", "log.js", "verify.js", "remember.js", "havre.svg", "passkeys.js"])
def test_a_file_of_the_console_is_served_to_anybody(node, name):
    answer = node.app.test_client().get(f"/console/files/{name}", base_url=node.settings.origin_url)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["console.py", "missing.js"])
def test_no_other_file_is_served(node, name):
    assert node.app.test_client().get(f"/console/files/{name}", base_url=node.settings.origin_url).status_code == 404


def test_no_file_beside_the_folder_is_served(auditor):
    assert auditor.get("/console/files/..%2Frendering.py").status_code == 404


@pytest.mark.parametrize(
    ("form", "beginning"), [("csv", b"index,at,id"), ("ndjson", b'{"index":'), ("bundle", b"PK\x03\x04")]
)
def test_an_auditor_takes_away_what_a_filter_names(auditor, form, beginning):
    answer = auditor.get(f"/console/export/{form}?organisation={HOTLINE}")
    assert answer.status_code == 200
    assert answer.data.startswith(beginning)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="node.example-')


def test_the_entry_of_an_export_says_how_many_entries_were_taken_away(node, auditor):
    taken = auditor.get("/console/export/ndjson").data.splitlines()

    with psycopg.connect(node.settings.owner_database_url) as db:
        (text,) = db.execute(
            "SELECT document FROM entry WHERE action = 'export_trail' ORDER BY at DESC LIMIT 1"
        ).fetchone()
    assert json.loads(text)["records"] == len(taken) > 1


def test_while_one_export_is_made_another_waits_and_the_connections_are_for_looking(node, auditor):
    with exporting._PERMITS.hold(0):
        answer = auditor.get("/console/export/csv")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert "<h1>" in auditor.read("/console/trail")
    assert auditor.get("/console/export/csv").data.startswith(b"index,")


def test_a_form_of_export_that_there_is_not_is_not_found(auditor):
    assert auditor.get("/console/export/xlsx").status_code == 404


def test_without_a_passkey_used_a_moment_ago_nothing_is_taken_away(node):
    stale = a_visitor(node, HOTLINE, "auditor", confirmed=timedelta(minutes=6))
    answer = stale.get("/console/export/csv")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/console/confirm?next=")
