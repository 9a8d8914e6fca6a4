"""Withdrawn as `legal`: from that commit nobody is served the lines, and their bytes go with the eraser's next step."""

from hashlib import sha256

import psycopg
import pytest

from crypto.batches import Erased, record_leaf, record_leaves, verify_lines
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import served_root
from crypto.merkle import root_from_path
from server.feed import store
from tests.exchanges import claims_in, expire, opened, place, pull, pull_all
from tests.retention.conftest import pushed
from tests.signals import a_batch, a_revision, a_signal, a_withdrawal, signals


@pytest.fixture
def platform(node, hotline):
    joined = node.join("platform.example", sector="platform")
    place(node)
    return joined


@pytest.fixture
def masked(node, hotline, platform):
    """A batch of three signals, placed, whose second is withdrawn as legal by a batch that is not placed yet."""
    records = signals(3)
    batch = pushed(hotline, *records)
    place(node)
    pushed(hotline, a_withdrawal(records[1], reason="legal"))
    return batch


def _lines(reading, jti):
    return next(document.lines for document in reading.documents if claims_in(document.manifest)["jti"] == jti)


def _record_path(batch, position):
    return f"/v1/records/hotline.example/{record_id(batch, position)}"


def record_id(batch, position):
    return batch.lines[position].split(b'"id":"')[1][:36].decode()


def test_a_page_gives_the_leaf_from_the_commit_of_the_withdrawal_on(masked, platform, hotline):
    expected = [masked.lines[0], Erased(leaf=record_leaf(masked.lines[1])), masked.lines[2]]
    assert _lines(pull_all(platform), masked.jti) == expected
    # Its origin is served no more than the others.
    assert _lines(pull_all(hotline), masked.jti) == expected


def test_the_bytes_are_still_there_until_the_eraser_comes_and_the_page_is_the_same_after(masked, platform, past):
    before = pull(platform).documents
    assert past.document(masked.jti).lines == masked.lines
    assert [one.leaves for one in past.erase()] == [(record_leaf(masked.lines[1]),)]
    assert [one.document for one in pull(platform).documents] == [one.document for one in before]


def test_the_entry_of_a_page_says_what_was_served(masked, platform):
    page = pull(platform)
    served = [
        (
            to_base64url(sha256(document.manifest.rpartition(".")[0].encode()).digest()),
            to_base64url(sha256(document.document).digest()),
        )
        for document in page.documents
    ]
    assert opened(platform, page.answered.proof.receipt)["served"] == served_root(served)


def test_a_masked_record_cannot_be_looked_up(masked, platform):
    assert platform.get(_record_path(masked, 1), purpose="detection").status == 404


def test_its_withdrawal_can_be_looked_up_when_it_is_placed(node, masked, platform):
    place(node)
    answered = platform.get(_record_path(masked, 1), purpose="detection")
    assert (answered.status, b'\\"reason\\":\\"legal\\"' in answered.body) == (200, True)


@pytest.mark.parametrize("is_erased", [False, True])
def test_the_evidence_of_a_neighbour_still_proves_it(masked, platform, past, is_erased):
    if is_erased:
        past.erase()
    evidence = platform.get(_record_path(masked, 2), purpose="detection").json
    root = root_from_path(
        record_leaf(evidence["line"].encode()),
        index=2,
        size=3,
        path=[from_base64url(step, length=32) for step in evidence["line_path"]["path"]],
    )
    assert to_base64url(root) == claims_in(evidence["manifest"])["root"]


def test_all_earlier_revisions_are_masked(node, hotline, platform):
    first = a_signal()
    second = a_revision(first)
    batches = [pushed(hotline, record) for record in (first, second)]
    pushed(hotline, a_withdrawal(first, second, reason="legal"))
    place(node)
    reading = pull_all(platform)
    assert [type(_lines(reading, batch.jti)[0]) for batch in batches] == [Erased, Erased]
    verify_lines(claims_in(reading.documents[0].manifest), record_leaves(reading.documents[0].lines))


def test_a_withdrawal_for_another_reason_masks_nothing(node, hotline, platform, past):
    record = a_signal()
    batch = pushed(hotline, record)
    pushed(hotline, a_withdrawal(record, reason="error"))
    place(node)
    assert _lines(pull_all(platform), batch.jti) == batch.lines
    assert past.erase() == []


def test_of_a_batch_that_withdraws_for_several_reasons_only_the_legal_is_masked(node, hotline, platform):
    records = signals(2)
    batch = pushed(hotline, *records)
    pushed(hotline, a_withdrawal(records[0], reason="legal"), a_withdrawal(records[1], reason="error"))
    place(node)
    assert [type(line) for line in _lines(pull_all(platform), batch.jti)] == [Erased, bytes]


def test_a_withdrawal_that_is_refused_masks_nothing(hotline, past):
    records = signals(2)
    batch = pushed(hotline, *records)
    refused = hotline.push(
        a_batch(hotline, [a_withdrawal(records[0], reason="legal"), a_revision(records[1], value="0" * 64)]).document
    )
    assert refused.status == 422
    assert past.erase() == []
    assert past.document(batch.jti).lines == batch.lines


def test_what_was_marked_for_another_reason_is_masked_by_a_legal_withdrawal(node, hotline, platform, past):
    first = a_signal()
    batch = pushed(hotline, first)
    second = a_revision(first)
    pushed(hotline, second)
    past.age(days=31)
    past.mark_due()
    pushed(hotline, a_withdrawal(first, second, reason="legal"))
    place(node)
    assert [type(line) for line in _lines(pull_all(platform), batch.jti)] == [Erased]


def test_a_masked_line_of_an_expired_batch_shows_as_little_as_the_rest(masked, platform, database):
    expire(database.superuser, masked.jti)
    assert _lines(pull_all(platform), masked.jti) == []


def test_a_page_that_was_begun_before_a_legal_withdrawal_is_built_again(node, hotline, platform, monkeypatch):
    record = a_signal()
    batch = pushed(hotline, record)
    place(node)
    documents = store.documents
    withdrawals = [a_withdrawal(record, reason="legal")]

    def documents_and_then(*arguments, **named):
        yield from documents(*arguments, **named)
        if withdrawals:
            pushed(hotline, withdrawals.pop())

    monkeypatch.setattr(store, "documents", documents_and_then)
    assert [type(line) for line in _lines(pull_all(platform), batch.jti)] == [Erased]


def test_masked_lines_are_erased_before_all_else(hotline, past):
    first, second = a_signal(), a_signal()
    pushed(hotline, first)
    legal = pushed(hotline, second)
    pushed(hotline, a_revision(first))
    past.age(days=31)
    past.mark_due()
    pushed(hotline, a_withdrawal(second, reason="legal"))
    first_erased, *_ = past.erase()
    assert str(first_erased.batch) == legal.jti


def test_what_is_held_stays_masked_and_its_bytes_stay(node, masked, platform, past, database):
    with psycopg.connect(database.superuser) as db:
        db.execute(
            """
            INSERT INTO legal_hold (origin_id, reason_token, holder, set_at, set_by)
            SELECT organisation_id, 'case-17', 'operator-1', now(), gen_random_uuid()
              FROM organisation WHERE name = 'hotline.example'
            """
        )
    assert past.erase() == []
    assert past.document(masked.jti).lines == masked.lines
    assert type(_lines(pull_all(platform), masked.jti)[1]) is Erased
