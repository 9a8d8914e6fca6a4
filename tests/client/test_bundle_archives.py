"""Hostile ZIP files: what is not exactly a bundle is refused before anything of it is believed or unpacked."""

import struct
import zipfile

import orjson
import pytest

from client.anchors import Anchors
from client.auditing.verifying import Known, verify_bundle
from client.failures import NotVerified
from tests.client.bundling import a_bundle, some_log, write_zip
from tests.crypto.builders import FEDERATION, NODE
from tests.crypto.organisations import NODE_ROOT

ANCHORS = Anchors(federation=FEDERATION, node=NODE, node_root=NODE_ROOT.thumbprint)


@pytest.fixture(scope="module")
def members():
    """The members of an honest bundle of two tiles."""
    return a_bundle(some_log(260)).members()


@pytest.fixture
def refused(tmp_path):
    """Why the bundle of these members, or of these bytes, is refused."""

    def judged(made):
        path = tmp_path / "a.zip"
        if isinstance(made, bytes):
            path.write_bytes(made)
        else:
            write_zip(path, made)
        with pytest.raises(NotVerified) as refusal:
            verify_bundle(path, anchors=ANCHORS, known=Known())
        return refusal.value.reason, refusal.value.about

    return judged


def changed(members, name, data):
    return [(each, data if each == name else old) for each, old in members]


def written(tmp_path, members):
    return write_zip(tmp_path / "honest.zip", members).read_bytes()


def test_what_is_no_zip_file_is_refused(refused):
    assert refused(b"PK and nothing else") == ("bundle_damaged", None)


def test_a_truncated_bundle_is_refused(refused, members, tmp_path):
    assert refused(written(tmp_path, members)[:-40])[0] == "bundle_damaged"


def test_a_flipped_byte_in_a_tile_is_refused(refused, members, tmp_path):
    data = bytearray(written(tmp_path, members))
    at = data.index(b"tile/0/000") + 100
    data[at] ^= 1
    assert refused(bytes(data))[0] == "bundle_damaged"


def test_members_in_another_order_are_refused(refused, members):
    assert refused([*members[:2], *members[3:4], *members[2:3], *members[4:]]) == ("bundle_members", "tile/0/000")


def test_a_missing_tile_is_refused_by_its_name(refused, members):
    assert refused([each for each in members if each[0] != "tile/0/000"]) == ("bundle_members", "tile/0/000")


def test_an_additional_member_is_refused(refused, members):
    assert refused([*members, ("run-me.sh", b"")]) == ("bundle_members", None)


def test_a_path_that_leads_elsewhere_is_refused(refused, members):
    assert refused([*members[:-1], ("../../approvals.ndjson", b"")]) == ("bundle_members", "approvals.ndjson")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_repeated_name_is_refused(refused, members):
    assert refused([*members[:3], *members[2:]])[0] == "bundle_members"


def test_a_tile_of_another_length_is_refused(refused, members):
    assert refused(changed(members, "tile/0/000", bytes(64))) == ("bundle_length", "tile/0/000")


def test_a_tile_that_is_compressed_is_refused(refused, members, tmp_path):
    with zipfile.ZipFile(tmp_path / "made.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    assert refused((tmp_path / "made.zip").read_bytes()) == ("bundle_length", "tile/0/000")


def test_a_bomb_is_refused_before_it_is_unpacked(refused, members):
    assert refused(changed(members, "statements.ndjson", b" " * 50_000_000)) == ("bundle_length", "statements.ndjson")


def test_ten_declared_gigabytes_are_refused(refused, members, tmp_path):
    data = written(tmp_path, members)
    # The length of the member, in the central directory's record of it.
    record = data.rindex(b"PK\x01\x02", 0, data.rindex(b"statements.ndjson"))
    assert refused(data[: record + 24] + struct.pack("<I", 0xFFFFFFF0) + data[record + 28 :])[0] == "bundle_length"


def test_more_entries_than_are_said_are_refused(refused, members):
    head = orjson.loads(members[0][1]) | {"entries": 259}
    assert refused(changed(members, "bundle.json", orjson.dumps(head))) == ("bundle_form", "entries.ndjson")


def test_an_immense_tree_is_refused_without_counting_its_tiles(refused, members):
    head = orjson.loads(members[0][1]) | {"size": 2**52}
    assert refused(changed(members, "bundle.json", orjson.dumps(head))) == ("bundle_head", NODE)


def test_bytes_before_the_first_member_are_refused(refused, members, tmp_path):
    assert refused(b"#!/bin/sh\n" + written(tmp_path, members)) == ("bundle_members", "bundle.json")


def test_a_comment_is_refused(refused, members, tmp_path):
    write_zip(tmp_path / "made.zip", members)
    with zipfile.ZipFile(tmp_path / "made.zip", "a") as file:
        file.comment = b"hello"
    assert refused((tmp_path / "made.zip").read_bytes()) == ("bundle_members", "bundle.json")


def test_two_members_made_of_the_same_bytes_are_refused(refused, members, tmp_path):
    data = bytearray(written(tmp_path, members))
    first = data.index(b"PK\x01\x02")
    tile = data.index(b"PK\x01\x02", data.rindex(b"tile/0/000") - 46 - 1)
    second = data.index(b"PK\x01\x02", data.rindex(b"tile/0/001.p/4") - 46 - 1)
    assert first < tile < second
    data[second + 42 : second + 46] = data[tile + 42 : tile + 46]
    assert refused(bytes(data))[0] in {"bundle_members", "bundle_damaged"}


def test_a_line_without_an_end_is_refused(refused, members):
    lines = dict(members)["entries.ndjson"]
    assert refused(changed(members, "entries.ndjson", lines[:-1])) == ("bundle_form", "entries.ndjson")


def test_a_line_that_is_no_entry_is_refused(refused, members):
    lines = dict(members)["entries.ndjson"].replace(b'"index":3,', b'"index":"3",')
    assert refused(changed(members, "entries.ndjson", lines)) == ("bundle_form", "entries.ndjson")


def test_a_head_with_a_member_that_is_not_known_is_refused(refused, members):
    head = orjson.loads(members[0][1]) | {"note": "believe me"}
    assert refused(changed(members, "bundle.json", orjson.dumps(head))) == ("bundle_form", "bundle.json")


def test_a_head_that_its_checkpoint_does_not_say_is_refused(refused, members):
    head = orjson.loads(members[0][1]) | {"root": "A" * 43}
    assert refused(changed(members, "bundle.json", orjson.dumps(head))) == ("bundle_head", NODE)
