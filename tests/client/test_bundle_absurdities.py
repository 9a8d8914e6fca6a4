"""Entries with absurd members are named like any other that is not of its form; none stops the verification."""

from pathlib import Path
from typing import Any

import pytest

from client.anchors import Anchors
from client.auditing.verifying import Known, verify_bundle
from tests.client.bundling import a_pull, a_refusal, a_signed_act, an_entry, an_own_act, opened, some_log
from tests.client.test_bundles import a_bundle
from tests.crypto.builders import FEDERATION, NODE
from tests.crypto.organisations import NODE_ROOT

LAST_ID = "ffffffff-ffff-7fff-bfff-ffffffffffff"


def findings(tmp_path: Path, *entries: dict[str, Any]) -> set[str]:
    """What is found of a log of twelve honest entries and these behind them."""
    path = a_bundle([*some_log(12), *(opened(entry) for entry in entries)]).write(tmp_path / "a.zip")
    anchors = Anchors(federation=FEDERATION, node=NODE, node_root=NODE_ROOT.thumbprint)
    return {one.what for one in verify_bundle(path, anchors=anchors, known=Known()).verdict.findings if one.index > 11}


@pytest.mark.parametrize(
    "change",
    [
        {"id": LAST_ID},
        {"at": "0001-01-01T00:00:00Z"},
        {"at": "9999-12-31T23:59:59Z"},
        {"target": "//[", "action": "read_feed"},
        {"target": "/v1/feed?" + "a=1&" * 10_000, "action": "read_feed"},
        {"target": None, "action": "read_feed"},
        {"keyid": "x"},
        {"keyid": "a/b/c"},
        {"signature": "AAAA"},
        {"signature_base": "\u0000"},
        {"records": -1},
        {"from": [2**52] * 4, "to": [2**52] * 4},
        {"at": "2026-02-30T12:00:00Z"},
        {"filter": {"kind": "x" * 1000}},
        {"response_status": 10**12},
        {"organisation": None},
    ],
    ids=str,
)
def test_an_absurd_member_is_named(tmp_path, change):
    assert findings(tmp_path, a_signed_act(12) | change)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_absurd_time_does_not_stop_what_comes_after_it(tmp_path, at):
    assert findings(tmp_path, an_entry(12, action="noise", decision="refused", reason="x") | {"at": at}, a_pull(13))


@pytest.mark.parametrize("first", [0, 1])
def test_an_absurd_time_at_the_very_beginning_is_named(tmp_path, first):
    log = some_log(12)
    log[first] = opened(a_signed_act(first) | {"at": "0001-01-01T00:00:00Z", "id": LAST_ID})
    path = a_bundle(log).write(tmp_path / "a.zip")
    anchors = Anchors(federation=FEDERATION, node=NODE, node_root=NODE_ROOT.thumbprint)
    assert first in {one.index for one in verify_bundle(path, anchors=anchors, known=Known()).verdict.findings}


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("erase_entries", {"entries": [[2**52, 2**52]], "leaves_sha256": "A" * 43}),
        ("erase_entries", {"entries": [[0, 2**52]], "leaves_sha256": "A" * 43}),
        ("erase_entries", {"entries": 7, "leaves_sha256": "A" * 43}),
        ("erase_entries", {"entries": [[1, 2, 3]], "leaves_sha256": "A" * 43}),
        ("erase_entries", [1]),
        ("open_epoch", {"log": "x", "previous": None, "restored_size": 1}),
        ("open_epoch", {"log": 7, "previous": None, "restored_size": 1}),
        ("open_epoch", {"log": f"{NODE}/log/2", "previous": 7, "restored_size": 1}),
        ("open_epoch", {"log": f"{NODE}/log/{'9' * 5000}", "previous": None, "restored_size": 1}),
        ("open_epoch", {"log": f"{NODE}/log/2", "previous": {"log": 5, "size": 1}, "restored_size": 1}),
    ],
    ids=str,
)
def test_an_absurd_own_act_does_not_stop_the_verification(tmp_path, action, target):
    findings(tmp_path, an_own_act(12, action, target))


def test_an_allowed_act_that_is_called_refused_is_named(tmp_path):
    """Else a release would hide behind the digest of its target."""
    assert findings(tmp_path, a_refusal(12) | {"response_status": 200}) == {"decision"}
