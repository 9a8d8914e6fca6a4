"""Batches: what was signed, what was placed, and the chain of places."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import rfc8785

from crypto.batches import (
    parse_time,
    record_leaf,
    record_leaves,
    records_root,
    split_documents,
    stream_id,
    verify_acceptance,
    verify_chain_step,
    verify_lines,
    verify_manifest,
)
from crypto.documents import document_digest
from crypto.encoding import to_base64url
from crypto.merkle import root
from crypto.refusals import NotVerified
from tests.crypto.builders import FEDERATION, NODE_KEY, ORGANISATION, OTHER, RECORD
from tests.crypto.organisations import (
    AUDIENCE,
    LOG,
    NOON,
    a_document,
    a_manifest,
    an_acceptance,
    an_erased_line,
    lines,
    manifest_claims,
)


def verified_manifest(token, key=RECORD.public):
    return verify_manifest(token, key=key, federation=FEDERATION)


def verified_acceptance(token, manifest, key=NODE_KEY.public):
    return verify_acceptance(token, key=key, federation=FEDERATION, manifest_digest=document_digest(manifest))


def test_a_leaf_is_the_hash_of_zero_and_the_line():
    assert record_leaf(b"{}") == sha256(b"\x00{}").digest()


def test_a_manifest_and_its_lines_verify():
    manifest = verified_manifest(a_manifest())
    verify_lines(manifest.claims, [record_leaf(line) for line in lines()])


def test_a_batch_verifies_with_erased_lines_in_it():
    first, *rest = lines()
    [document] = split_documents(a_document(records=[an_erased_line(first), *rest]))
    verify_lines(verified_manifest(document.manifest).claims, record_leaves(document.lines))


def test_leaves_at_once_are_the_leaves_one_by_one():
    assert record_leaves(lines()) == [record_leaf(line) for line in lines()]
    assert records_root(lines()) == root(record_leaves(lines()))


@pytest.mark.parametrize("spoil", [lambda all_: all_[::-1], lambda all_: [*all_[:2], b"{}"]])
def test_lines_in_another_order_or_altered_are_refused(spoil):
    with pytest.raises(NotVerified, match="root"):
        verify_lines(manifest_claims(), record_leaves(spoil(lines())))


@pytest.mark.parametrize("count", [0, 2, 4])
def test_more_or_fewer_lines_are_refused(count):
    with pytest.raises(NotVerified, match="count"):
        verify_lines(manifest_claims(), record_leaves(lines(count)))


def test_a_manifest_by_another_key_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        verified_manifest(a_manifest(), key=OTHER.public)


@pytest.mark.parametrize(
    "change",
    [
        *({"count": 0}, {"count": 4097}, {"count": True}, {"count": "3"}, {"jti": "x"}, {"jti": None}, {"kind": 1}),
        *({"audience": []}, {"about": 1}, {"about": "nobody"}, {"extra": 1}, {"root": None}, {"iat": "1"}),
        *({"expires": 1}, {"schema": None}),
    ],
    ids=str,
)
def test_a_manifest_of_another_form_is_refused(change):
    with pytest.raises(NotVerified, match="manifest_claims"):
        verified_manifest(a_manifest(**change))


def test_a_manifest_of_opinions_names_the_origin_that_they_concern():
    assert verified_manifest(a_manifest(about="platform.example")).claims["about"] == "platform.example"


def test_an_acceptance_verifies():
    manifest = a_manifest()
    assert verified_acceptance(an_acceptance(manifest), manifest).claims["seq"] == 1


def test_an_acceptance_of_another_batch_is_refused():
    with pytest.raises(NotVerified, match=r"\Amanifest\Z"):
        verified_acceptance(an_acceptance(a_manifest()), a_manifest(jti="0193d9d4-0000-7000-8000-00000000000c"))


@pytest.mark.parametrize(
    "change",
    [
        *({"seq": 0}, {"seq": True}, {"log": None}, {"log": "other.example/log/1"}, {"stream": "x"}, {"prev": "x"}),
        *({"statement_sha256": None}, {"node_statement_sha256": "A" * 42}, {"extra": 1}),
    ],
    ids=str,
)
def test_an_acceptance_of_another_form_is_refused(change):
    manifest = a_manifest()
    with pytest.raises(NotVerified, match="acceptance_claims"):
        verified_acceptance(an_acceptance(manifest, **change), manifest)


def test_a_stream_is_named_by_what_docs_say():
    named = ["havre-stream-v1", FEDERATION, ORGANISATION, "signal", AUDIENCE, None, LOG]
    expected = to_base64url(sha256(rfc8785.dumps(named)).digest())
    found = stream_id(federation=FEDERATION, origin=ORGANISATION, kind="signal", audience=AUDIENCE, about=None, log=LOG)
    assert found == expected


# --- the chain -----------------------------------------------------------------------------------------------------


def placed(seq=1, prev=None, at=NOON, **changes):
    manifest = a_manifest()
    return verified_acceptance(an_acceptance(manifest, seq=seq, prev=prev, at=at, **changes), manifest)


def stepped(acceptance, previous, *, statement_seq=1):
    return verify_chain_step(acceptance, statement_seq=statement_seq, previous=previous)


FIRST = stepped(placed(), None)


def test_a_chain_begins_with_one_and_nothing_before_it():
    assert (FIRST.seq, FIRST.at) == (1, NOON)
    assert FIRST.acceptance_sha256 == to_base64url(placed().digest)


def test_a_chain_goes_on_with_the_next_number_linked_to_the_last():
    assert stepped(placed(2, FIRST.acceptance_sha256), FIRST).seq == 2


def test_a_chain_may_start_anywhere():
    assert stepped(placed(7, FIRST.acceptance_sha256), None).seq == 7


@pytest.mark.parametrize(("seq", "prev"), [(1, FIRST.acceptance_sha256), (2, None)])
def test_only_the_first_place_has_nothing_before_it(seq, prev):
    with pytest.raises(NotVerified, match="chain_link"):
        stepped(placed(seq, prev), None)


def test_two_acceptances_for_one_place_convict_the_node():
    with pytest.raises(NotVerified, match="equivocation"):
        stepped(placed(at=NOON + timedelta(seconds=1)), FIRST)


def test_the_same_acceptance_again_is_told_apart():
    with pytest.raises(NotVerified, match="chain_repeated"):
        stepped(placed(), FIRST)


def test_a_hole_is_refused():
    with pytest.raises(NotVerified, match="chain_hole"):
        stepped(placed(3, FIRST.acceptance_sha256), FIRST)


def test_a_place_behind_the_head_is_refused():
    with pytest.raises(NotVerified, match="chain_hole"):
        stepped(placed(1), replace(FIRST, seq=2))


def test_a_place_that_is_not_linked_to_the_last_is_refused():
    with pytest.raises(NotVerified, match="chain_link"):
        stepped(placed(2, "A" * 43), FIRST)


def test_a_place_of_another_stream_is_refused():
    with pytest.raises(NotVerified, match="chain_stream"):
        stepped(placed(2, FIRST.acceptance_sha256, stream="A" * 43), FIRST)


def test_a_time_that_falls_along_the_chain_is_refused():
    with pytest.raises(NotVerified, match="chain_time"):
        stepped(placed(2, FIRST.acceptance_sha256, at=NOON - timedelta(seconds=1)), FIRST)


def test_a_statement_that_falls_along_the_chain_is_refused():
    with pytest.raises(NotVerified, match="chain_statement"):
        stepped(placed(2, FIRST.acceptance_sha256), replace(FIRST, statement_seq=2))


def test_a_time_is_rfc_3339_in_whole_seconds_and_utc():
    assert parse_time("2026-11-22T10:00:00Z") == datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *("2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00.0Z", "2026-11-22 10:00:00Z", "2026-11-22T10:00Z"),
        *("2026-11-22T10:00:60Z", "2026-02-30T10:00:00Z", "2026-11-22T24:00:00Z", "20261122T100000Z", 1, None),
        *("2026-11-22T10:00:00z", "2026-11-22T10:00:00Z\n", "٢٠٢٦-11-22T10:00:00Z"),
    ],
)
def test_another_spelling_of_a_time_is_refused(value):
    with pytest.raises(NotVerified, match="time_form"):
        parse_time(value)
