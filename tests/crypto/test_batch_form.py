"""The text form of batches: pushes, pages and files."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.batch_form import (
    MAX_GROUP_LINE_BYTES,
    MAX_PUSH_BYTES,
    DocumentReader,
    Erased,
    MalformedDocument,
    StoredDocument,
    split_documents,
    split_push,
)
from crypto.batches import record_leaf
from tests.crypto.organisations import a_document, a_manifest, an_acceptance, an_erased_line, lines

MANIFEST = b'{"manifest":"%b"}' % a_manifest().encode()
ACCEPTED = b'{"accepted":"%b"}' % an_acceptance(a_manifest()).encode()
PAGE = b'{"page":{"batches":2,"more":false,"next":"x","poll_after":60,"records":6}}'
ENDED = b'{"ended":{"reason":"left_group","streams":["x"]}}'


def joined(*all_lines):
    return b"\n".join([*all_lines, b""])


def refused(reason, read, document):
    with pytest.raises(MalformedDocument) as refusal:
        read(document)
    assert refusal.value.reason == reason


def test_a_push_is_a_manifest_and_its_lines():
    pushed = split_push(joined(MANIFEST, *lines()))
    assert (pushed.manifest, pushed.lines) == (a_manifest(), lines())


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not_ndjson"),
        (b"\n", "manifest_missing"),
        (joined(MANIFEST, *lines())[:-1], "not_ndjson"),
        (joined(*lines()), "manifest_missing"),
        (joined(MANIFEST.replace(b":", b": ", 1), *lines()), "manifest_missing"),
        (joined(MANIFEST.replace(b"\n", b"\r\n") + b"\r", *lines()), "manifest_missing"),
        (joined(b'{"manifest":"x"}', *lines()), "manifest_missing"),
        (joined(b"\xef\xbb\xbf" + MANIFEST, *lines()), "manifest_missing"),
        (joined(MANIFEST), "records_missing"),
        (joined(MANIFEST, ACCEPTED, *lines()), "line_order"),
        (joined(MANIFEST, *lines(), MANIFEST), "line_order"),
        (joined(MANIFEST, an_erased_line(lines()[0])), "line_order"),
        (joined(MANIFEST, *lines(), PAGE), "line_order"),
        (joined(MANIFEST, *lines(), b""), "not_ndjson"),
        (joined(MANIFEST, b"[1]"), "not_ndjson"),
        (joined(MANIFEST, b"x"), "not_ndjson"),
        (joined(MANIFEST, b'{"id":"%b"}' % (b"x" * MAX_GROUP_LINE_BYTES)), "line_too_long"),
        (joined(MANIFEST, *[b"{}"] * 4097), "too_many_records"),
        (b"\n" * 1_000_000, "too_many_records"),
        (b"x" * (MAX_PUSH_BYTES + 1), "document_too_long"),
    ],
    ids=range(20),
)
def test_a_push_of_another_form_is_refused(document, reason):
    refused(reason, split_push, document)


def test_the_greatest_push_has_4096_records():
    assert len(split_push(joined(MANIFEST, *[b'{"id":"x","kind":"signal"}'] * 4096)).lines) == 4096


def test_a_page_is_its_documents_and_its_other_control_lines_in_order():
    first, ended, second, page = split_documents(a_document() + joined(ENDED) + a_document() + joined(PAGE))
    assert isinstance(first, StoredDocument)
    assert first == second
    assert [list(ended), list(page)] == [["ended"], ["page"]]


def test_a_document_gives_back_all_of_its_bytes():
    [document] = split_documents(a_document())
    assert (document.document, document.lines) == (a_document(), lines())
    assert (document.manifest, document.accepted) == (a_manifest(), an_acceptance(a_manifest()))


def test_an_erased_line_gives_its_leaf_and_back_its_bytes():
    erased = a_document(records=[lines()[0], an_erased_line(lines()[1])])
    [document] = split_documents(erased)
    assert document.lines == [lines()[0], Erased(leaf=record_leaf(lines()[1]))]
    assert document.document == erased


def test_an_expired_document_is_its_first_two_lines():
    [document] = split_documents(joined(MANIFEST, ACCEPTED))
    assert document.lines == []


def test_documents_follow_one_another_without_anything_between():
    assert len(split_documents(a_document() + a_document())) == 2


@pytest.mark.parametrize("line", [b'{"later":1}', b'{"later":{"id":"x","salt":"y"}}', b'{"later":[{"a":1},{"b":2}]}'])
def test_an_unknown_control_line_is_handed_on_and_ends_the_document(line):
    document, control = split_documents(a_document() + joined(line))
    assert (len(document.lines), control) == (3, orjson.loads(line))


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":"x"}',
        b'{"ai":{"a":1},"b":{"c":2}}',
        b'{"a":[1],"b":[2]}',
        b'{"a":"\\"","b":1}',
        b'{"a":"x}","b":"y"}',
        b'{"a":1,"b":2}',
        b"{}",
    ],
)
def test_an_object_with_an_id_or_more_members_than_one_is_a_record(line):
    [document] = split_documents(a_document(records=[line]))
    assert document.lines == [line]


NAMES = st.text("abid", min_size=1, max_size=2)
VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('{}[]",:a', max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3))
def test_what_is_taken_for_a_record_is_never_a_control_line(value):
    line = orjson.dumps(value)
    found = split_documents(a_document(records=[]) + joined(line))
    is_control = len(value) == 1 and "id" not in value
    assert (found[0].lines, found[1:]) == (([], [value]) if is_control else ([line], []))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (a_document()[:-1], "not_ndjson"),
        (joined(MANIFEST), "accepted_missing"),
        (joined(MANIFEST, *lines()), "accepted_missing"),
        (joined(MANIFEST, MANIFEST), "accepted_missing"),
        (joined(MANIFEST, an_erased_line(lines()[0])), "accepted_missing"),
        (joined(MANIFEST, PAGE), "accepted_missing"),
        (joined(ACCEPTED), "line_order"),
        (joined(MANIFEST, ACCEPTED, ACCEPTED), "line_order"),
        (joined(*lines()), "line_order"),
        (a_document() + joined(PAGE, *lines()), "line_order"),
        (joined(b'{"manifest":"x"}'), "manifest_form"),
        (joined(MANIFEST, b'{"accepted":"x"}'), "accepted_form"),
        (joined(MANIFEST, ACCEPTED, b'{"erased":"x"}'), "erased_form"),
        (joined(MANIFEST, ACCEPTED, b'{"erased":"%b"}' % (b"A" * 42 + b"B")), "erased_form"),
        (joined(MANIFEST, ACCEPTED, b""), "not_ndjson"),
        (joined(MANIFEST, ACCEPTED, b"[]"), "not_ndjson"),
        (a_document(records=[b'{"id":"x","kind":"y"}'] * 4097), "too_many_records"),
        (a_document(records=[an_erased_line(b"x")] * 4097) + a_document(), "too_many_records"),
        (b"x" * (MAX_GROUP_LINE_BYTES + 1), "line_too_long"),
        (a_document(records=[b'{"id":"%b","k":1}' % (b"x" * MAX_GROUP_LINE_BYTES)]), "line_too_long"),
    ],
    ids=range(20),
)
def test_a_page_of_another_form_is_refused(document, reason):
    refused(reason, split_documents, document)


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_a_page_in_pieces_reads_as_a_whole(cuts):
    page = a_document() + joined(ENDED) + a_document() + joined(PAGE)
    edges = [0, *sorted(cut for cut in cuts if cut < len(page)), len(page)]
    reader = DocumentReader()
    pieces = [page[start:end] for start, end in pairwise(edges)]
    found = [item for piece in pieces for item in reader.feed(piece)]
    assert [*found, *reader.close()] == split_documents(page)


def test_an_endless_document_in_pieces_is_refused_before_it_is_held():
    reader = DocumentReader()
    list(reader.feed(a_document()))
    list(reader.feed(b'{"id":"x","kind":"y"}\n' * 4000))
    with pytest.raises(MalformedDocument, match="too_many_records"):
        list(reader.feed(b'{"id":"x","kind":"y"}\n' * 1000))
