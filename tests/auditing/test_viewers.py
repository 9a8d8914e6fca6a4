"""What an auditor may not see is not there: not by filter, cursor, count, index, leaf or id; no value anywhere."""

import io
import zipfile

import psycopg
import pytest

from crypto.encoding import to_base64url
from server.auditing.searching import entry_at
from server.auditing.viewing import Viewer, problems_of, reading
from tests.exchanges import pull, sign_head
from tests.partners import an_id
from tests.signals import a_batch, a_signal


@pytest.fixture
def signal(hotline, platform, index):
    """A record of the hotline's that the platform has pulled and read."""
    shared = a_signal()
    assert hotline.partner.push(a_batch(hotline.partner, [shared]).document).status == 201
    index()
    pull(platform.partner)
    assert platform.partner.get(f"/v1/records/hotline.example/{shared['id']}", purpose="detection").status == 200
    index()
    return shared


@pytest.fixture
def foreign(platform, signal):
    """The platform's last act, which does not concern the bystander, and its place."""
    answered = platform.trail(by=platform.federation_auditor, organisation="platform.example", limit=1)
    found = answered.json["entries"][0]
    return found | {"said": platform.entries(by=platform.federation_auditor, organisation="platform.example")[0]}


@pytest.mark.parametrize("member", ["organisation", "keyid", "id"])
def test_no_filter_shows_acts_of_others(bystander, foreign, member):
    assert bystander.entries(**{member: foreign["said"][member]}) == []


def test_the_record_of_another_shows_nothing_of_others(bystander, signal):
    assert bystander.entries(origin="hotline.example", record=signal["id"]) == []


def test_the_origin_of_another_shows_ones_own_acts_with_it_alone(platform, signal):
    entries = platform.entries(origin="hotline.example")

    assert [entry["organisation"] for entry in entries] == ["platform.example", "platform.example"]


def test_counts_hold_nothing_of_others(bystander, signal):
    facets = bystander.trail("/facets").json

    assert [one["value"] for one in facets["organisation"] if one["value"] != "node.example"] == ["bystander.example"]
    assert "push_batch" not in {one["value"] for one in facets["action"]}
    assert facets["entries"] == len(bystander.entries(limit=200))


def test_neither_index_nor_leaf_nor_id_opens_anothers_entry(node, bystander, foreign):
    viewer = Viewer(organisation_id=0, organisation=bystander.name, sees_all=False)
    with reading(node.trail_pool) as db:
        everything = Viewer(organisation_id=0, organisation=bystander.name, sees_all=True)
        entry = entry_at(db, everything, foreign["index"])
        assert entry is not None
        assert to_base64url(entry.leaf) == foreign["leaf"]
        assert [entry_at(db, viewer, named) for named in (entry.index, entry.leaf, entry.entry_id)] == [None] * 3
        assert entry_at(db, viewer, 2**80) is None


@pytest.mark.parametrize(
    "query",
    [
        {"organisation": "x.example' OR '1'='1"},
        {"organisation": "nobody.example"},
        {"origin": "nobody.example"},
        {"keyid": "nobody.example/" + "A" * 43},
        {"holder": "nobody-1"},
        {"record": an_id()},
        {"since": "2026-02-30"},
        {"action": "READ_FEED"},
        {"limit": "201"},
        {"order": "random"},
        {"p": "1"},
    ],
)
def test_what_is_no_filter_is_refused_and_not_repeated(hotline, query):
    answered = hotline.trail(**query)

    assert (answered.status, answered.code) == (400, "bad_query")
    assert not any(value in answered.body.decode() for value in query.values() if len(value) > 3)


def test_a_cursor_is_one_viewers_and_one_filters(platform, hotline, signal):
    cursor = platform.trail(limit=1).json["page"]["next"]

    assert platform.trail(limit=1, after=cursor).status == 200
    assert hotline.trail(after=cursor).code == "bad_cursor"
    assert platform.trail(by=platform.federation_auditor, after=cursor).code == "bad_cursor"
    assert platform.trail(after=cursor, decision="allowed").code == "bad_cursor"
    assert platform.trail(after=cursor[:-1]).code == "bad_cursor"


def test_pages_neither_skip_nor_repeat_while_entries_arrive(hotline, platform, index, signal):
    def page(**query):
        return platform.trail(by=platform.federation_auditor, limit=3, **query).json

    first = page()
    seen = [one["index"] for one in first["entries"]]
    while first["page"]["more"]:
        hotline.partner.get("/v1/whoami")
        index()
        first = page(after=first["page"]["next"])
        seen += [one["index"] for one in first["entries"]]

    assert seen == list(range(seen[0], -1, -1))


def test_a_page_says_how_far_the_index_is(hotline, index, signal):
    before = hotline.trail().json["page"]["indexed"]
    hotline.partner.get("/v1/whoami")

    assert hotline.trail().json["page"]["indexed"] == before
    index()
    assert hotline.trail().json["page"]["indexed"] > before


def test_no_value_of_a_record_is_in_anything_an_auditor_gets(node, platform, signal):
    sign_head(node)
    everything = platform.federation_auditor
    told = [platform.trail(path, by=everything).body for path in ("", "/facets", "/days", "/export")]
    with zipfile.ZipFile(io.BytesIO(platform.trail("/bundle", by=everything).body)) as bundle:
        told += [bundle.read(name) for name in bundle.namelist()]

    assert not any(signal["value"].encode() in each for each in told)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT document FROM batch",
        "SELECT value FROM record",
        "SELECT verdict FROM opinion",
        "SELECT * FROM nonce",
        "INSERT INTO trail_scope (organisation, of_records) VALUES ('x.example', false)",
        "UPDATE trail_progress SET next_index = 0",
        "DELETE FROM trail_posting",
        "TRUNCATE trail_entry",
        "UPDATE entry SET at = now()",
        "DELETE FROM placed",
        "INSERT INTO checkpoint SELECT * FROM checkpoint",
        "SELECT forget_indexed(ARRAY[0]::bigint[])",
        "SELECT * FROM session",
        "SELECT credential_id FROM passkey",
        "SELECT set_config('role', 'havre_owner', false)",
    ],
)
def test_the_auditors_role_can_only_look_and_not_at_everything(database, statement):
    with psycopg.connect(database.auditor) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)


def test_the_auditors_connections_write_nothing_even_where_they_might(node):
    with reading(node.trail_pool) as db:
        assert db.execute("SHOW transaction_read_only").fetchone() == ("on",)
        assert db.execute("SHOW transaction_isolation").fetchone() == ("repeatable read",)


@pytest.mark.parametrize(
    "grant", ["GRANT UPDATE (at) ON entry", "GRANT SELECT (value) ON record", "GRANT DELETE ON trail_posting"]
)
def test_a_role_that_may_do_more_than_look_is_told_to_the_operator(database, grant):
    with psycopg.connect(database.auditor) as db:
        assert problems_of(db) == []
    with psycopg.connect(database.superuser) as db:
        db.execute(f"{grant} TO havre_auditor")
    with psycopg.connect(database.auditor) as db:
        assert "may do more than read the trail" in problems_of(db)[0]
