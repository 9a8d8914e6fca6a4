from hashlib import sha256

import pytest
import rfc8785

from crypto.canonical import parse_canonical
from crypto.encoding import to_base64url
from crypto.entries import ENTRY_MEMBERS, acceptances_root, entry_bytes, entry_leaf, receipt, served_root
from crypto.merkle import leaf_hash, node_hash

ENTRY = dict.fromkeys(ENTRY_MEMBERS) | {"v": 1, "records": 3}


def test_an_entry_is_written_canonically_with_all_of_its_members():
    assert entry_bytes(ENTRY) == rfc8785.dumps(ENTRY)
    assert set(parse_canonical(entry_bytes(ENTRY))) == ENTRY_MEMBERS


@pytest.mark.parametrize("spoiled", [ENTRY | {"more": 1}, {name: None for name in ENTRY if name != "reason"}])
def test_an_entry_with_more_or_fewer_members_is_not_written(spoiled):
    with pytest.raises(ValueError, match="members"):
        entry_bytes(spoiled)


def test_a_leaf_commits_to_the_salted_entry_and_to_what_was_stored():
    salt, p = b"s" * 32, b"p" * 32
    expected = sha256(b"\x00" + sha256(salt + b"entry").digest() + p).digest()
    assert entry_leaf(salt=salt, entry=b"entry", p=p) == expected


@pytest.mark.parametrize(("salt", "p"), [(b"s" * 31, b"p" * 32), (b"s" * 32, b"")])
def test_a_leaf_needs_a_whole_salt_and_a_whole_p(salt, p):
    with pytest.raises(ValueError, match="32 bytes"):
        entry_leaf(salt=salt, entry=b"entry", p=p)


def test_an_act_that_stored_nothing_has_32_zero_bytes():
    assert acceptances_root([]) == bytes(32)


def test_an_act_that_stored_acceptances_has_their_root():
    one, two = b"1" * 32, b"2" * 32
    assert acceptances_root([one]) == leaf_hash(one)
    assert acceptances_root([one, two]) == node_hash(leaf_hash(one), leaf_hash(two))


def test_a_page_without_documents_served_nothing():
    assert served_root([]) is None


def test_what_was_served_is_the_root_over_pairs_in_page_order():
    pairs = [("A" * 43, "B" * 43), ("C" * 43, "D" * 43)]
    leaves = [leaf_hash(rfc8785.dumps(list(pair))) for pair in pairs]
    assert served_root(pairs) == to_base64url(node_hash(*leaves))


def test_a_receipt_is_the_leaf_in_43_characters():
    assert receipt(b"x" * 32) == to_base64url(b"x" * 32)
