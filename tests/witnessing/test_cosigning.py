"""A witness cosigns what continues, and answers everything else as C2SP tlog-witness says."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from crypto.checkpoints import open_note, read_verifier_key
from crypto.cosignatures import cosigned_at, read_cosignatures, verify_cosignature
from server.app import create_app
from server.rates import Rate, Rates
from tests.partners import a_key, a_node
from tests.witnessing.conftest import WITNESS, hand_in_to, handed_in
from tests.witnessing.logs import ALog

KNOWN_WITNESS = read_verifier_key(WITNESS)


def rows(database, query):
    with psycopg.connect(database.owner) as db:
        return db.execute(query).fetchall()


def known(database):
    """(origin, size) of what the witness has cosigned."""
    return rows(database, "SELECT origin, size FROM witnessed WHERE size > 0")


def evidence(database):
    return rows(database, "SELECT kind, known_note, other_note FROM witness_evidence ORDER BY evidence_id")


def test_the_first_checkpoint_of_a_watched_log_is_cosigned_now(hand_in, log):
    answered = hand_in(log.handed_in(0, 5))
    (signature,) = read_cosignatures(answered.get_data())
    at = verify_cosignature(signature, open_note(log.note(5)).body, witness=KNOWN_WITNESS)
    assert (answered.status_code, abs(at - time.time()) < 10) == (200, True)


def test_the_cosignature_can_be_put_below_the_note(hand_in, log):
    answered = hand_in(log.handed_in(0, 5))
    note = open_note(log.note(5) + answered.get_data(as_text=True))
    assert set(cosigned_at(note, [KNOWN_WITNESS])) == {KNOWN_WITNESS}


def test_what_continues_is_cosigned_and_known_from_then_on(hand_in, log, database):
    hand_in(log.handed_in(0, 5))
    assert hand_in(log.handed_in(5, 12)).status_code == 200
    assert known(database) == [(log.origin, 12)]


def test_the_same_checkpoint_again_is_cosigned_again(hand_in, log, database):
    hand_in(log.handed_in(0, 5))
    assert hand_in(log.handed_in(5, 5)).status_code == 200
    assert known(database) == [(log.origin, 5)]


def test_an_empty_log_is_cosigned(hand_in, log):
    assert hand_in(log.handed_in(0, 0)).status_code == 200


def test_signatures_of_unknown_keys_are_ignored_and_not_kept(hand_in, log, database):
    other = log.note(5, by=a_key("unknown")).partition("\n\n")[2]
    assert hand_in(log.handed_in(0, 5, note=log.note(5) + other)).status_code == 200
    assert rows(database, "SELECT note FROM witnessed") == [(log.note(5),)]


def test_a_body_out_of_form_is_400(hand_in, log):
    bodies = [b"", b"old 0\n", b"old 00\n\n" + log.note(5).encode(), b"old 0\n\nnonsense\n", b"\xff\n\n" * 3]
    assert {hand_in(body).status_code for body in bodies} == {400}


def test_more_than_63_proof_lines_are_400(hand_in, log):
    assert hand_in(log.handed_in(0, 5, proof=(bytes(32),) * 64)).status_code == 400


def test_an_old_size_above_the_new_one_is_400(hand_in, log):
    hand_in(log.handed_in(0, 9))
    assert hand_in(log.handed_in(9, 5)).status_code == 400


def test_a_log_that_is_not_watched_is_404(hand_in, log):
    other = ALog(origin="stranger.example/log/1")
    assert hand_in(other.handed_in(0, 5)).status_code == 404


def test_a_node_without_a_witness_key_watches_nothing(hand_in, log, home):
    for path in home.glob("witness-*.pem"):
        path.unlink()
    assert hand_in(log.handed_in(0, 5)).status_code == 404


def test_a_checkpoint_by_another_key_is_403(hand_in, log):
    assert hand_in(log.handed_in(0, 5, note=log.note(5, by=a_key("thief")))).status_code == 403


def test_a_broken_second_signature_of_the_known_key_is_403(hand_in, log):
    broken = log.note(6).partition("\n\n")[2]
    assert hand_in(log.handed_in(0, 5, note=log.note(5) + broken)).status_code == 403


def test_a_checkpoint_whose_size_was_altered_is_403(hand_in, log, database):
    assert hand_in(log.handed_in(0, 5, note=log.note(5).replace("\n5\n", "\n7\n"))).status_code == 403
    assert known(database) == []


def test_another_old_size_is_409_with_the_known_size(hand_in, log):
    hand_in(log.handed_in(0, 5))
    answered = hand_in(log.handed_in(3, 9))
    assert (answered.status_code, answered.content_type, answered.get_data()) == (409, "text/x.tlog.size", b"5\n")


def test_a_log_that_is_rolled_back_is_told_the_larger_size(hand_in, log, database):
    hand_in(log.handed_in(0, 9))
    assert hand_in(log.handed_in(5, 5)).get_data() == b"9\n"
    assert hand_in(log.handed_in(0, 5)).get_data() == b"9\n"
    assert known(database) == [(log.origin, 9)]


def test_a_proof_that_does_not_verify_is_422_and_changes_nothing(hand_in, log, database):
    hand_in(log.handed_in(0, 5))
    assert hand_in(log.handed_in(5, 12, proof=log.proof(4, 12))).status_code == 422
    assert known(database) == [(log.origin, 5)]


def test_a_proof_where_none_is_needed_is_422(hand_in, log):
    assert hand_in(log.handed_in(0, 5, proof=log.proof(3, 5))).status_code == 422
    hand_in(log.handed_in(0, 5))
    assert hand_in(log.handed_in(5, 5, proof=log.proof(3, 5))).status_code == 422


def test_a_fork_of_the_same_size_is_409_and_both_notes_are_kept(hand_in, log, database):
    other = log.fork(4)
    hand_in(log.handed_in(0, 5))
    answered = hand_in(other.handed_in(5, 5))
    assert (answered.status_code, answered.get_json()["code"]) == (409, "checkpoint_conflicts")
    assert evidence(database) == [("same_size", log.note(5), other.note(5))]


def test_a_fork_that_goes_on_has_no_proof_and_is_kept_as_a_suspicion(hand_in, log, database):
    other = log.fork(4)
    hand_in(log.handed_in(0, 5))
    assert hand_in(other.handed_in(5, 9)).status_code == 422
    assert evidence(database) == [("not_extended", log.note(5), other.note(9))]


def test_the_same_evidence_is_kept_once(hand_in, log, database):
    other = log.fork(4)
    hand_in(log.handed_in(0, 5))
    hand_in(other.handed_in(5, 5))
    hand_in(other.handed_in(5, 5))
    assert len(evidence(database)) == 1


def test_after_a_restart_a_fork_is_still_refused(hand_in, log, node, database):
    hand_in(log.handed_in(0, 5))
    node.app = create_app(node.node, node.pool, node.trail_pool)
    assert handed_in(node, log.fork(4).handed_in(5, 5)).status_code == 409
    assert handed_in(node, log.fork(4).handed_in(0, 8)).get_data() == b"5\n"


def test_of_ten_at_once_of_two_forks_exactly_one_wins(hand_in, log, node, database):
    hand_in(log.handed_in(0, 4))
    bodies = [log.handed_in(4, 9), log.fork(4).handed_in(4, 9)] * 5
    apps = [node.app, create_app(node.node, node.pool, node.trail_pool)] * 5
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(hand_in_to, apps, bodies))
    cosigned = {body for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200}
    assert len(cosigned) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}


def test_nobody_with_the_apis_password_takes_a_cosignature_back(hand_in, log, database):
    hand_in(log.handed_in(0, 5))
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("UPDATE witnessed SET size = 4")
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("UPDATE witnessed SET root = %s", [bytes(32)])
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("DELETE FROM witness_evidence")


def test_nothing_that_was_handed_in_is_repeated(hand_in, log):
    marked = ALog(origin="marked.example/log/1")
    bodies = [marked.handed_in(0, 5), log.handed_in(0, 5, note=log.note(5) + "marked\n"), b"old marked\n\nmarked\n"]
    assert [b"marked" in hand_in(body).get_data() for body in bodies] == [False] * 3


def test_a_body_beyond_the_limit_is_413(hand_in):
    assert hand_in(b"old 0\n" + b"A" * 40_000).status_code == 413


def test_a_log_that_hands_in_too_often_is_429(database, home, log):
    node = a_node(database, home=home, rates=Rates(other=Rate(organisation=2, key=2)))
    handed_in(node, log.handed_in(0, 5))
    handed_in(node, log.handed_in(5, 5))
    limited = handed_in(node, log.handed_in(5, 5))
    node.close()
    assert (limited.status_code, int(limited.headers["Retry-After"]) > 0) == (429, True)


def test_what_nobody_signed_uses_up_nothing_of_the_logs_rate(database, home, log):
    node = a_node(database, home=home, rates=Rates(other=Rate(organisation=2, key=2)))
    for _ in range(5):
        handed_in(node, log.handed_in(0, 5, note=log.note(5, by=a_key("thief"))))
    answered = handed_in(node, log.handed_in(0, 5))
    node.close()
    assert answered.status_code == 200
