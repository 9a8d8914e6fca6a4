"""Bytes that are due go, with an entry; what is left of a batch still proves itself."""

from hashlib import sha256

import orjson
import pytest

from crypto.batches import Erased, record_leaf, record_leaves, verify_lines
from crypto.encoding import to_base64url
from crypto.entries import entry_leaf
from tests.exchanges import claims_in
from tests.retention.conftest import pushed
from tests.signals import a_revision, a_signal, a_withdrawal, signals


@pytest.fixture
def replaced(hotline, past):
    """A batch of three signals whose second was replaced 31 days ago."""
    records = signals(3)
    batch = pushed(hotline, *records)
    pushed(hotline, a_revision(records[1]))
    past.age(days=31)
    past.mark_due()
    return batch


def test_a_line_that_was_replaced_30_days_ago_gives_way_to_its_leaf(replaced, past):
    past.erase()
    assert past.document(replaced.jti).lines == [
        replaced.lines[0],
        Erased(leaf=record_leaf(replaced.lines[1])),
        replaced.lines[2],
    ]


def test_what_is_left_of_a_batch_is_still_what_its_origin_signed(replaced, past):
    past.erase()
    document = past.document(replaced.jti)
    verify_lines(claims_in(document.manifest), record_leaves(document.lines))
    digests = past.rows("SELECT document_sha256 FROM batch WHERE jti = %s", replaced.jti)
    assert digests == [(sha256(document.document).digest(),)]


def test_the_index_still_points_at_every_line_and_has_no_value_of_an_erased_one(replaced, past):
    past.erase()
    rows = past.rows(
        """
        SELECT substring(batch.document FROM record.line_start + 1 FOR record.line_length), record.value IS NULL
          FROM record JOIN batch USING (batch_id)
         WHERE batch.jti = %s
         ORDER BY record.position
        """,
        replaced.jti,
    )
    assert rows == list(zip(past.document(replaced.jti).document.splitlines()[2:], [False, True, False], strict=True))


def test_a_second_erasure_in_the_same_batch_keeps_the_first(hotline, past):
    records = signals(4)
    batch = pushed(hotline, *records)
    pushed(hotline, a_revision(records[2]))
    past.age(days=31)
    past.mark_due()
    past.erase()
    pushed(hotline, a_withdrawal(records[0]))
    past.age(days=31)
    past.mark_due()
    past.erase()
    document = past.document(batch.jti)
    assert [type(line) for line in document.lines] == [Erased, bytes, Erased, bytes]
    verify_lines(claims_in(document.manifest), record_leaves(document.lines))


def test_nothing_is_erased_a_day_too_early(hotline, past):
    record = a_signal()
    batch = pushed(hotline, record)
    pushed(hotline, a_revision(record))
    past.age(days=29)
    past.mark_due()
    assert past.erase() == []
    assert past.document(batch.jti).lines == batch.lines


def test_the_newest_revision_stays(hotline, past):
    record = a_signal()
    pushed(hotline, record)
    newest = pushed(hotline, a_revision(record))
    past.age(days=31)
    past.mark_due()
    past.erase()
    assert past.document(newest.jti).lines == newest.lines


def test_a_withdrawal_stays_and_all_that_it_withdraws_goes(hotline, past):
    first = a_signal()
    second = a_revision(first)
    batches = [pushed(hotline, record) for record in (first, second, a_withdrawal(first, second))]
    past.age(days=31)
    past.mark_due()
    past.erase()
    assert [type(past.document(batch.jti).lines[0]) for batch in batches] == [Erased, Erased, bytes]


def test_what_expired_30_days_ago_goes_whole(hotline, past):
    batch = pushed(hotline, *signals(3))
    past.age(days=365 + 31)
    past.mark_due()
    past.erase()
    assert [type(line) for line in past.document(batch.jti).lines] == [Erased, Erased, Erased]


def test_what_a_stolen_key_replaced_stays(hotline, past):
    record = a_signal()
    batch = pushed(hotline, record)
    pushed(hotline, a_revision(record))
    past.rows(
        """
        UPDATE signing_key SET revoked_at = (SELECT max(accepted_at) FROM batch), revoked_reason = 'compromised'
         WHERE thumbprint = (SELECT record_key FROM batch LIMIT 1)
        RETURNING 1
        """
    )
    past.rows("UPDATE batch SET accepted_at = accepted_at - interval '1 day' WHERE jti = %s RETURNING 1", batch.jti)
    past.rows(
        "UPDATE signing_key SET revoked_at = revoked_at - interval '31 days' WHERE revoked_at < now() RETURNING 1"
    )
    past.age(days=31)
    past.mark_due()
    assert past.erase() == []


def test_an_erased_record_may_be_withdrawn_and_its_value_shared_anew(hotline, past):
    record = a_signal()
    pushed(hotline, record)
    past.age(days=365 + 31)
    past.mark_due()
    past.erase()
    pushed(hotline, a_signal(value=record["value"]))
    pushed(hotline, a_withdrawal(record))


def test_every_erasure_has_its_entry_in_the_log(replaced, past):
    (erased,) = past.erase()
    ((document, salt, p, action),) = past.rows(
        "SELECT document, salt, p, action FROM entry WHERE leaf = %s", erased.entry_leaf
    )
    assert action == "erase"
    assert entry_leaf(salt=salt, entry=document, p=p) == erased.entry_leaf
    said = orjson.loads(document)
    assert (said["records"], said["keyid"], said["organisation"]) == (1, None, "node.example")
    assert orjson.loads(said["target"]) == {
        "batch": f"hotline.example/{replaced.jti}",
        "leaves_sha256": to_base64url(sha256(record_leaf(replaced.lines[1])).digest()),
        "reasons": {"replaced": 1},
    }


def test_each_erased_line_names_its_entry_which_waits_for_its_place_as_any_other(replaced, past):
    (erased,) = past.erase()
    named = past.rows("SELECT unplaced.leaf FROM erasure JOIN unplaced USING (entry_id)")
    assert named == [(erased.entry_leaf,)]


def test_a_batch_of_the_most_records_is_erased_whole(hotline, past):
    batch = pushed(hotline, *signals(4096))
    past.age(days=365 + 31)
    past.mark_due()
    past.erase()
    document = past.document(batch.jti)
    assert document.document.count(b'{"erased":') == 4096
    verify_lines(claims_in(document.manifest), record_leaves(document.lines))
