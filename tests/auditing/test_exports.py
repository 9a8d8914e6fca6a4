"""What auditors take away: tables that no spreadsheet runs, lines that open leaves, bundles that prove themselves."""

import csv
import io
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import pytest

from client.anchors import Anchors
from client.auditing.verifying import Known, verify_bundle
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf
from server.auditing.exporting import _safe
from server.db import connect
from server.epochs import high_water, opening
from server.retention import forgetting
from server.retention.entering import new_entry_id, own_entry
from tests.exchanges import pull, sign_head
from tests.partners import FEDERATION, NODE_NAME
from tests.signals import a_batch, a_signal


@pytest.fixture
def shared(node, hotline, platform, index):
    """A record of the hotline's that the platform has pulled."""
    signal = a_signal()
    assert hotline.partner.push(a_batch(hotline.partner, [signal]).document).status == 201
    index()
    assert pull(platform.partner).records == 1
    index()
    sign_head(node)
    return signal


@pytest.fixture
def verified(node, tmp_path):
    """Verify a bundle as an auditor does, who pinned the node's root and has nothing else."""

    def verify(body: bytes):
        path = tmp_path / "trail.havre-bundle.zip"
        path.write_bytes(body)
        anchors = Anchors(federation=FEDERATION, node=NODE_NAME, node_root=node.organisation.root.thumbprint)
        return verify_bundle(path, anchors=anchors, known=Known()).verdict

    return verify


def test_a_table_has_a_row_for_each_entry_that_a_search_finds(shared, platform):
    answered = platform.trail("/export", format="csv", purpose="detection")

    rows = list(csv.DictReader(io.StringIO(answered.body.decode())))
    assert [(row["organisation"], row["action"], row["records"]) for row in rows] == [
        ("platform.example", "read_feed", "1")
    ]
    assert dict(answered.headers)["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "\uff1d1"])
def test_no_cell_begins_as_a_formula_does(text):
    assert _safe(text) == f"'{text}"


def test_each_line_opens_its_leaf(shared, platform):
    lines = [orjson.loads(line) for line in platform.trail("/export", format="ndjson").body.splitlines()]

    assert len(lines) > 1
    assert [
        to_base64url(
            entry_leaf(salt=from_base64url(line["salt"]), entry=line["entry"].encode(), p=from_base64url(line["p"]))
        )
        for line in lines
    ] == [line["leaf"] for line in lines]


def test_a_complete_bundle_proves_the_whole_log(shared, platform, verified):
    verdict = verified(platform.trail("/bundle", by=platform.federation_auditor).body)

    assert (verdict.is_whole, verdict.head.complete, verdict.unopened) == (True, True, 0)
    assert verdict.opened == verdict.head.size


def test_a_bundle_of_an_organisation_opens_what_concerns_it_and_nothing_else(shared, hotline, verified):
    verdict = verified(hotline.trail("/bundle").body)

    assert verdict.is_whole
    assert not verdict.head.complete
    assert 0 < verdict.opened < verdict.head.size


@pytest.fixture
def erased(shared, node, hotline, index, database):
    """The index of the hotline's push, whose text the eraser removed when its time was over."""
    (found,) = hotline.trail(action="push_batch").json["entries"]
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("UPDATE entry SET at = at - interval '200 days'")
        db.execute("UPDATE trail_entry SET at = at - interval '200 days'")
    with connect(database.eraser, autocommit=True) as db:
        assert forgetting.forget_next(db, node=NODE_NAME, keep=timedelta(days=100)) is not None
    index()
    sign_head(node)
    return found["index"]


def test_a_bundle_of_a_part_has_the_entry_that_tells_of_each_erasure(erased, platform, verified):
    verdict = verified(
        platform.trail("/bundle", by=platform.federation_auditor, since="2000-01-01", until="2999-01-01").body
    )

    assert not verdict.head.complete
    assert (verdict.erased > 0, verdict.is_whole) == (True, True)
    assert "erasure_unshown" not in {one.what for one in verdict.notices}


@pytest.fixture
def restored(shared, node, index, database):
    """The log is in its second epoch."""
    opened = own_entry(
        entry_id=new_entry_id(),
        at=datetime.now(UTC),
        node=NODE_NAME,
        node_id=None,
        action=opening.ACTION,
        target={"log": f"{NODE_NAME}/log/2", "previous": None, "restored_size": 3},
    )
    with connect(database.owner) as db:
        opening.open_epoch(db, opening.Opening(epoch=2, head=high_water.head_of(db), kept=None), opened)
    index()
    sign_head(node)


def test_a_bundle_of_a_part_tells_of_each_restore(restored, hotline, verified):
    """Whoever had a head of the epoch before needs it, whatever part they ask for."""
    verdict = verified(hotline.trail("/bundle", action="push_batch").body)

    assert "restored_unknown" in {one.what for one in verdict.notices}


def test_what_was_taken_away_is_entered_with_how_much_it_was(shared, hotline, index):
    lines = hotline.trail("/export").body.splitlines()
    index()

    assert hotline.entries(action="export_trail")[0]["records"] == len(lines)


def test_two_exports_of_one_organisation_do_not_run_at_once(shared, hotline):
    """Its permit is held until the last byte is sent."""
    headers = hotline.partner.sign("GET", "/v1/trail/bundle", purpose="audit", by=hotline.auditor)
    begun = hotline.partner.node.app.test_client().open(
        "/v1/trail/bundle", headers=headers, base_url="https://node.example", buffered=False
    )
    assert begun.status_code == 200

    assert hotline.trail("/export").status == 503

    begun.close()
    assert hotline.trail("/export").status == 200
