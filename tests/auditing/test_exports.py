"""What auditors take away: tables that no spreadsheet runs, lines that open leaves, bundles that prove themselves."""

import csv
import io

import orjson
import pytest

from client.anchors import Anchors
from client.auditing.verifying import Known, verify_bundle
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf
from server.auditing.exporting import _safe
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
