"""An auditor at a real node: searching, exposure, a proof bundle, and what a superuser did to its database."""

import csv
import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import orjson
import psycopg
import pytest

from client.cli import run
from client.failures import NotVerified, Refused
from client.partner import Partner
from server.auditing import indexing
from server.auditing.bundling import bundle_chunks
from server.auditing.filtering import TrailFilter
from server.auditing.viewing import Viewer
from server.db import connect
from tests.client.exchanging import PURPOSE
from tests.exchanges import place, pull
from tests.partners import ROLES_OF_A_MEMBER, a_node
from tests.people.looking import last_entry
from tests.signals import a_batch, a_signal
from tests.tree.keeping import Keeper, put_log_key


def _fill(database):
    """A hotline pushed a signal, and a ministry pulled it, which has auditors of its own and of the federation."""
    node = a_node(database)
    hotline, ministry = node.join("hotline.example"), _ministry(node)
    node.admit(ministry, roles_at_most=sorted({*ROLES_OF_A_MEMBER, "auditor", "federation_auditor"}))
    signal = a_signal()
    hotline.push(a_batch(hotline, [signal]).document)
    place(node)
    pull(ministry, purpose=PURPOSE)
    place(node)
    node.close()
    joined = {"statement": hotline.statements[0], "joined": {"sector": "ngo", "roles": list(ROLES_OF_A_MEMBER)}}
    return {
        "node": node.organisation.statements[0],
        "members": {"hotline.example": joined},
        "ministry": ministry.statements[0],
        "record": signal["id"],
    }


def _ministry(node):
    ministry = node.partner("ministry.example", sector="government")
    ministry.add_key("auditor", roles=["auditor"], holder="auditor-1")
    ministry.add_key("federation-auditor", roles=["federation_auditor"], holder="auditor-2")
    return ministry


@pytest.fixture(scope="session")
def template(grow):
    return grow("havre_node_ministry", _fill)


@pytest.fixture
def auditor(world, database):
    """The machine of the federation's auditor at the ministry, which has no other key."""
    simulated = _ministry(world.node)
    simulated.keep_grown(database.grown["ministry"])
    member = world.member(simulated)
    for path in member.home.path.glob("*.pem"):
        path.unlink()
    member.home.add_key("exchange", simulated.keys[-1].key)
    return member


@pytest.fixture
def settle(world, tmp_path):
    """Places all that waits, signs the head, and brings the index up."""
    put_log_key(tmp_path)

    def settled():
        with Keeper(world.database.sequencer, tmp_path) as keeper:
            keeper.sign_all()
        with connect(world.node.settings.worker_database_url, autocommit=True) as db:
            indexing.index_all(db)

    return settled


@pytest.fixture
def taken(world, tmp_path, settle):
    """Takes a proof bundle of everything, as the federation's auditor would."""
    numbers = iter(range(100))

    def take(asked=None, *, settled=True):
        if settled:
            settle()
        path = tmp_path / f"{next(numbers)}.havre-bundle.zip"
        viewer = Viewer(organisation_id=1, organisation="node.example", sees_all=True)
        with psycopg.connect(world.database.auditor) as db:
            chunks = bundle_chunks(db, world.node.node, viewer, asked or TrailFilter(), now=datetime.now(UTC))
            path.write_bytes(b"".join(chunks))
        return path

    return take


@pytest.fixture
def verify(auditor, capsys):
    """Runs `havre audit verify` and returns exit code and verdict."""

    def verified(path):
        capsys.readouterr()
        code = run(["--home", str(auditor.home.path), "audit", "verify", str(path), "--json"])
        return code, orjson.loads(capsys.readouterr().out)

    return verified


@pytest.fixture
def tamper(world) -> Iterator[psycopg.Connection]:
    with psycopg.connect(world.database.superuser, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        yield db


def kinds(said):
    return [(one["what"], one["index"]) for one in said["findings"]]


def index_of(db, action):
    return db.execute(
        "SELECT placed.index FROM placed JOIN entry USING (entry_id) WHERE action = %s ORDER BY index LIMIT 1", [action]
    ).fetchone()[0]


def test_a_real_bundle_is_whole_and_its_head_is_remembered(taken, verify):
    code, said = verify(taken())
    assert (code, said["verdict"], said["complete"], said["unopened"]) == (0, "whole", True, 0)
    code, again = verify(taken(settled=False))
    assert (code, [one["size"] for one in again["since"]]) == (0, [said["size"]])


def test_a_part_of_the_trail_is_whole_as_far_as_it_goes(taken, verify):
    code, said = verify(taken(TrailFilter(action="read_feed")))
    assert (code, said["complete"], said["opened"]) == (0, False, 1)


def test_a_superuser_who_alters_an_entry_is_found(taken, verify, settle, tamper):
    settle()
    at = index_of(tamper, "read_feed")
    tamper.execute(
        "UPDATE entry SET document = convert_to(replace(convert_from(document, 'UTF8'), 'detection', 'statistics'),"
        " 'UTF8') WHERE action = 'read_feed'"
    )
    code, said = verify(taken(settled=False))
    assert (code, kinds(said)) == (1, [("altered", at)])


def test_a_superuser_who_deletes_an_entry_is_found(taken, verify, settle, tamper):
    settle()
    at = index_of(tamper, "read_feed")
    tamper.execute("DELETE FROM entry WHERE action = 'read_feed'")
    code, said = verify(taken(settled=False))
    assert (code, kinds(said)) == (1, [("unopened", at)])


def test_a_superuser_who_deletes_an_entry_with_its_place_is_found(taken, verify, settle, tamper):
    verify(taken())
    at = index_of(tamper, "push_batch")
    tamper.execute("DELETE FROM placed WHERE index = %s", [at])
    tamper.execute("DELETE FROM entry WHERE action = 'push_batch'")
    code, said = verify(taken(settled=False))
    assert code == 1
    assert {("leaves_missing", None), ("root_differs", None), ("unopened", at), ("deleted", at)} <= set(kinds(said))


def test_an_archive_verified_again_makes_nobody_forget_what_was_proven_since(taken, verify, auditor):
    small = taken()
    auditor.sdk().whoami()
    large = taken()
    verify(large)
    (kept,) = (auditor.home.path / "audited").glob("*.checkpoint")
    proven = kept.read_bytes()
    later = time.time() + 60
    os.utime(kept, (later, later))
    code, said = verify(small)
    assert (code, [one["what"] for one in said["notices"]][-1:]) == (0, ["older"])
    assert kept.read_bytes() == proven


def test_a_superuser_who_drops_the_newest_entries_is_found(taken, verify, settle, tamper):
    verify(taken())
    at = index_of(tamper, "read_feed")
    tamper.execute("DELETE FROM placed WHERE index >= %s", [at])
    code, said = verify(taken(settled=False))
    assert code == 1
    assert {("leaves_missing", None), ("dropped", at)} <= set(kinds(said))


def test_a_superuser_who_exchanges_two_places_is_found(taken, verify, settle, tamper):
    verify(taken())
    one, other = index_of(tamper, "push_batch"), index_of(tamper, "read_feed")
    swap = "UPDATE placed SET index = %s WHERE index = %s"
    for now, before in ((-1, one), (one, other), (other, -1)):
        tamper.execute(swap, [now, before])
    code, said = verify(taken(settled=False))
    assert code == 1
    assert {"root_differs", "reordered"} <= {what for what, _ in kinds(said)}


def test_the_auditor_finds_the_pull_and_its_entry_stands_in_the_signed_head(auditor, settle):
    settle()
    sdk = auditor.sdk()
    (line,) = sdk.trail_as("federation_auditor").search(action="read_feed")
    assert (line.is_true, line.entry["organisation"], line.entry["purpose"]) == (True, "ministry.example", PURPOSE)
    sdk.checkpoints.advance()


def test_the_auditor_is_told_to_whom_a_record_was_released(auditor, settle, database):
    settle()
    record = database.grown["record"]
    told = auditor.sdk().trail_as("federation_auditor").exposure_of_record("hotline.example", record)
    assert [(one.organisation, one.revision, one.purpose) for one in told.releases] == [
        ("ministry.example", 1, PURPOSE)
    ]


def test_the_auditor_counts_the_days(auditor, settle):
    settle()
    (day,) = auditor.sdk().trail_as("federation_auditor").days(action="push_batch")
    assert (day.allowed, day.refused) == (1, 0)


def test_whoever_is_no_auditor_reads_no_trail(world):
    with pytest.raises(Refused, match="role_not_allowed"):
        list(world.join("hotline.example").sdk().trail.search())


def test_a_bundle_of_another_node_says_nothing_about_this_one(taken, world, tmp_path, auditor, capsys):
    other = "A" * 43
    assert run(["--home", str(tmp_path / "none"), "audit", "verify", str(taken()), "--node-root", other]) == 5
    assert NotVerified.exit_code == 5


def test_a_bundle_is_taken_over_the_wire_and_is_whole(auditor, settle, verify, tmp_path):
    settle()
    path = tmp_path / "taken.havre-bundle.zip"
    auditor.sdk().trail_as("federation_auditor").bundle(path)
    code, said = verify(path)
    assert (code, said["verdict"], said["complete"]) == (0, "whole", True)


def test_an_export_is_taken_over_the_wire_into_a_new_file(auditor, settle, tmp_path):
    settle()
    path = tmp_path / "trail.ndjson"
    trail = auditor.sdk().trail_as("federation_auditor")
    trail.export(path, form="ndjson", action="push_batch")
    (line,) = path.read_text().splitlines()
    assert orjson.loads(orjson.loads(line)["entry"])["records"] == 1
    with pytest.raises(FileExistsError):
        trail.export(path, form="csv")


def test_a_file_that_was_cut_on_its_way_is_not_kept(auditor, settle, tmp_path):
    settle()

    def cut(request, response):
        if "/bundle" not in str(request.url):
            return response
        body = httpx2.ByteStream(response.read()[:-1])
        return httpx2.Response(response.status_code, headers=response.headers.raw, stream=body)

    auditor.transport.alter = cut
    with pytest.raises(NotVerified, match="answer_content_digest"):
        auditor.sdk().trail_as("federation_auditor").bundle(tmp_path / "cut.zip")
    assert list(tmp_path.glob("cut*")) == []


def test_a_superuser_who_blanks_an_entry_as_if_it_were_erased_is_found(taken, verify, settle, tamper):
    settle()
    at, by = index_of(tamper, "read_feed"), index_of(tamper, "push_batch")
    tamper.execute(
        "UPDATE entry SET document = NULL, salt = NULL, organisation_id = NULL, keyid = NULL, reason = NULL,"
        " commitment = sha256(salt || document), erased_by = (SELECT entry_id FROM placed WHERE index = %s)"
        " WHERE action = 'read_feed'",
        [by],
    )
    code, said = verify(taken(settled=False))
    assert (code, [(one["what"], one["index"], one["other"]) for one in said["findings"]]) == (
        1,
        [("erasure_unproven", at, by)],
    )


@pytest.fixture
def havre(auditor, settle, monkeypatch, capsys):
    """Runs `havre audit …` as the federation's auditor, against the application in this process."""
    settle()
    monkeypatch.setattr(Partner, "open", lambda _path, **_said: auditor.sdk())

    def ran(*arguments):
        capsys.readouterr()
        code = run(["--home", str(auditor.home.path), "audit", *map(str, arguments)])
        return code, capsys.readouterr().out

    return ran


def test_a_search_is_told_as_a_table_for_people(havre):
    code, told = havre("search", "--federation", "--action", "read_feed")
    assert (code, told.splitlines()[-1]) == (0, "1 entries.")
    assert "ministry.example" in told


def test_a_search_is_told_as_csv_and_as_json(havre):
    _, told = havre("search", "--federation", "--purpose", PURPOSE, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(told))
    _, said = havre("search", "--federation", "--purpose", PURPOSE, "--json")
    (entry,) = orjson.loads(said)["entries"]
    assert (row["index"], row["action"], row["proof"]) == (str(entry["index"]), entry["action"], "leaf")


def test_a_search_goes_on_over_pages_up_to_what_was_asked_for(havre):
    _, said = havre("search", "--federation", "--most", "3", "--order", "oldest", "--json")
    found = orjson.loads(said)
    assert ([one["index"] for one in found["entries"]], found["more"]) == ([0, 1, 2], True)


def test_the_entry_of_a_search_says_how_many_entries_were_told(havre, world):
    _, said = havre("search", "--federation", "--most", "2", "--json")
    entry = last_entry(world.node)
    assert (entry["action"], entry["records"], len(orjson.loads(said)["entries"])) == ("read_trail", 2, 2)


def test_a_search_that_finds_an_altered_entry_says_so(havre, tamper):
    tamper.execute(
        "UPDATE entry SET document = convert_to(replace(convert_from(document, 'UTF8'), 'detection', 'statistics'),"
        " 'UTF8') WHERE action = 'read_feed'"
    )
    code, told = havre("search", "--federation", "--action", "read_feed")
    assert (code, "ALTERED" in told) == (5, True)


def test_one_entry_is_shown_with_its_place_in_the_signed_head(havre):
    _, said = havre("search", "--federation", "--action", "push_batch", "--json")
    (entry,) = orjson.loads(said)["entries"]
    code, told = havre("show", entry["id"], "--federation")
    assert (code, f"holds it at index {entry['index']}." in told) == (0, True)


def test_an_entry_that_is_not_there_is_not_shown(havre):
    assert havre("show", "0193a5c0-0000-7000-8000-000000000001", "--federation")[0] == 1
    assert havre("show", "A" * 43)[0] == 1
    assert havre("show", "nothing")[0] == 2


def test_the_exposure_of_a_record_names_who_received_it(havre, database):
    code, told = havre("exposure", f"hotline.example/{database.grown['record']}", "--federation")
    assert (code, told.splitlines()[0].startswith("1 releases to 1 organisations")) == (0, True)
    assert "ministry.example" in told


def test_the_exposure_of_an_organisation_names_what_it_received(havre, database):
    _, said = havre("exposure", "ministry.example", "--federation", "--json")
    assert [one["id"] for one in orjson.loads(said)["releases"]] == [database.grown["record"]]


def test_an_exposure_is_counted_by_purpose_before_its_releases(havre, database):
    _, told = havre("exposure", f"hotline.example/{database.grown['record']}", "--federation")
    _, header, counted = told.splitlines()[:3]
    assert header.split() == ["organisation", "purpose", "times", "first", "last"]
    assert counted.split()[:3] == ["ministry.example", PURPOSE, "1"]


def test_an_exposure_tells_as_many_releases_as_were_asked_for(havre):
    _, said = havre("exposure", "ministry.example", "--federation", "--most", "1", "--json")
    found = orjson.loads(said)
    assert (len(found["releases"]), found["more"]) == (1, False)


def test_a_table_gives_the_id_that_shows_an_entry(havre):
    _, told = havre("search", "--federation", "--action", "push_batch")
    header, row = told.splitlines()[:2]
    assert header.split()[-1] == "id"
    assert havre("show", row.split()[-1], "--federation")[0] == 0


@pytest.mark.usefixtures("havre")
def test_a_name_that_nobody_has_is_told_by_its_option(auditor, capsys):
    command = ["audit", "search", "--federation", "--organisation", "nobody.example"]
    assert run(["--home", str(auditor.home.path), *command]) == 1
    assert "--organisation" in capsys.readouterr().err


def test_columns_that_a_search_and_an_export_share_are_named_alike(havre, tmp_path):
    path = tmp_path / "trail.csv"
    _, told = havre("search", "--federation", "--format", "csv")
    havre("export", path, "--federation")
    searched = next(csv.reader(io.StringIO(told)))
    exported = next(csv.reader(path.read_text().splitlines()))
    assert [one for one in exported if one in searched] == [one for one in searched if one != "proof"]


def test_days_are_told_as_rows(havre):
    code, told = havre("days", "--federation", "--action", "push_batch", "--format", "ndjson")
    assert (code, orjson.loads(told)["allowed"]) == (0, 1)


def test_a_bundle_is_taken_and_verified_by_two_commands(havre, tmp_path):
    path = tmp_path / "taken.havre-bundle.zip"
    assert havre("bundle", path, "--federation")[0] == 0
    assert havre("verify", path)[0] == 0
    assert havre("bundle", path, "--federation")[0] == 2
