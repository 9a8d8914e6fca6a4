"""The log of the node goes on from what was seen, or nothing of it is believed."""

import pytest

from client.failures import NotConfigured, NotVerified
from crypto.checkpoints import COSIGNATURE, open_note, verifier_key
from crypto.cosignatures import cosign
from tests.client.scripted import LOG, PURPOSE, ScriptedNode
from tests.partners import NODE_NAME, a_key, now_seconds
from tests.witnessing.logs import ALog, ShownLog

OWN = ALog(origin=LOG, key=a_key(NODE_NAME, "log"))
FORK = OWN.fork(3)
WITNESS = a_key("witness.example", "witness")
WITNESS_KEY = verifier_key("witness.example", WITNESS.public, algorithm=COSIGNATURE)


@pytest.fixture
def member(scripted):
    return scripted.join("hotline.example")


@pytest.fixture
def show(scripted: ScriptedNode):
    """Let the node show a log at a size."""

    def show(log: ALog, size: int, cosignatures: str = "") -> None:
        scripted.log = ShownLog(log=log, size=size, cosignatures=cosignatures)

    return show


@pytest.fixture
def pull(scripted, member):
    """Pull once, as after a restart; return the pages and close."""

    def pull(by=None):
        partner = scripted.sdk(by or member)
        try:
            return list(partner.pull(purpose=PURPOSE))
        finally:
            partner.close()

    return pull


@pytest.fixture
def refused(pull):
    """Pull, and return the failure."""

    def refused(by=None) -> NotVerified:
        with pytest.raises(NotVerified) as caught:
            pull(by)
        assert caught.value.exit_code == 5
        return caught.value

    return refused


@pytest.fixture
def checkpoints(scripted, member, pull):
    """What the member's SDK says of the log, as after a restart."""
    partners = []

    def checkpoints():
        partners.append(scripted.sdk(member))
        return partners[-1].checkpoints

    yield checkpoints
    for partner in partners:
        partner.close()


def evidence(folder):
    return sorted(path.read_text() for path in (folder / "evidence").glob("*.checkpoint"))


def cosigned(log: ALog, size: int, *, key=WITNESS, name: str = "witness.example") -> str:
    return cosign(open_note(log.note(size)).body, name=name, key=key, at=now_seconds())


def test_a_log_that_grows_is_followed_across_restarts(show, pull, checkpoints):
    show(OWN, 5)
    pull()
    show(OWN, 700)
    pull()
    seen = checkpoints().newest()
    assert (seen.size, seen.root) == (700, OWN.root(700))


def test_an_idle_poll_costs_one_small_request(show, pull, scripted):
    show(OWN, 700)
    pull()
    scripted.log_read.clear()
    pull()
    assert scripted.log_read == ["/v1/log/checkpoint"]


def test_a_node_that_never_showed_a_head_may_do_without(pull, scripted):
    assert len(pull()) == 1
    assert scripted.log_read == ["/v1/log/checkpoint"]


def test_a_head_that_was_seen_may_not_be_missing(show, pull, refused, scripted):
    show(OWN, 5)
    pull()
    scripted.log = None
    assert refused().reason == "checkpoint_missing"


def test_a_fork_of_the_same_size_stops_the_pull_and_both_notes_are_kept(show, pull, refused, scripted):
    show(OWN, 5)
    pull()
    show(FORK, 5)
    assert refused().reason == "log_forked"
    assert evidence(scripted.folder) == sorted([OWN.note(5), FORK.note(5)])


def test_a_fork_that_goes_on_stops_the_pull_and_both_notes_are_kept(show, pull, refused, scripted):
    show(OWN, 5)
    pull()
    show(FORK, 9)
    assert refused().reason == "log_not_continued"
    assert evidence(scripted.folder) == sorted([OWN.note(5), FORK.note(9)])


def test_a_log_without_its_newest_ten_entries_stops_the_pull(show, pull, refused, scripted):
    show(OWN, 20)
    pull()
    show(OWN, 10)
    assert refused().reason == "log_rolled_back"
    assert evidence(scripted.folder) == sorted([OWN.note(20), OWN.note(10)])


def test_what_was_seen_before_a_fork_still_counts_after_it(show, pull, refused):
    show(OWN, 5)
    pull()
    show(FORK, 9)
    refused()
    show(OWN, 12)
    pull()
    show(FORK, 12)
    assert refused().reason == "log_forked"


def test_nothing_of_a_page_is_kept_behind_a_fork(show, pull, refused, scripted, member):
    show(OWN, 5)
    pull()
    show(FORK, 5)
    scripted.feeds_read.clear()
    refused()
    assert scripted.feeds_read == []


def test_tiles_that_do_not_make_the_signed_root_prove_nothing(show, pull, refused, scripted):
    show(OWN, 5)
    pull()
    show(OWN, 700)
    scripted.log.public = lambda path: OWN.note(700).encode() if path == "checkpoint" else bytes(32 * 256)
    assert refused().reason == "log_not_continued"


def test_a_full_tile_may_stand_for_a_partial_one(show, pull, scripted):
    show(OWN, 300)
    pull()
    show(OWN, 301)
    later = ShownLog(log=OWN, size=600)
    small = scripted.log
    small.public = lambda path: OWN.note(301).encode() if path == "checkpoint" else _full_only(later, path)
    assert len(pull()) == 1


def _full_only(log: ShownLog, path: str) -> bytes | None:
    return None if path.startswith("tile/0/") and ".p/" in path else log.public(path)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (ALog(origin=LOG, key=a_key("thief")), "checkpoint_note_unsigned"),
        (ALog(origin="other.example/log/1", key=OWN.key), "checkpoint_another_log"),
        (ALog(origin=f"{NODE_NAME}/log/01", key=OWN.key), "checkpoint_another_log"),
        (ALog(origin=f"{NODE_NAME}/log/x", key=OWN.key), "checkpoint_another_log"),
        (ALog(origin=f"{NODE_NAME}/log/0", key=OWN.key), "checkpoint_another_log"),
        (ALog(origin=f"{NODE_NAME}/log/{2**64}", key=OWN.key), "checkpoint_another_log"),
        (ALog(origin=f"{NODE_NAME}/log/{'9' * 5000}", key=OWN.key), "checkpoint_another_log"),
    ],
    ids=["another key", "another node", "leading zero", "no number", "zero", "too large to keep", "too large to read"],
)
def test_a_head_by_another_key_or_of_another_log_is_none(show, refused, log, reason):
    show(log, 5)
    assert refused().reason == reason


def test_a_head_by_the_nodes_own_answering_key_is_none(show, refused):
    show(ALog(origin=LOG, key=a_key(NODE_NAME, "node")), 5)
    assert refused().reason == "checkpoint_note_unsigned"


# Two readers ------------------------------------------------------------------------------------------------------


def test_two_histories_for_two_readers_show_when_they_compare(show, pull, scripted, member):
    other = scripted.join("second.example")
    show(OWN, 5)
    pull(member)
    show(FORK, 5)
    pull(other)
    show(OWN, 5)
    first, second = scripted.sdk(member), scripted.sdk(other)
    note = second.checkpoints.newest().note
    with pytest.raises(NotVerified) as caught:
        first.checkpoints.compare(note)
    first.close()
    second.close()
    assert caught.value.reason == "log_forked"
    assert evidence(scripted.folder) == sorted([OWN.note(5), FORK.note(5)])


@pytest.mark.parametrize("theirs", [9, 5], ids=["theirs is larger", "theirs is smaller"])
def test_two_histories_of_different_sizes_show_too(show, pull, scripted, theirs, checkpoints):
    show(OWN, 14 - theirs)
    pull()
    show(OWN, 12)
    with pytest.raises(NotVerified) as caught:
        checkpoints().compare(FORK.note(theirs))
    assert (caught.value.reason, FORK.note(theirs) in evidence(scripted.folder)) == ("log_not_continued", True)


@pytest.mark.parametrize("theirs", [5, 9, 12, 0])
def test_one_history_at_two_sizes_agrees(show, pull, scripted, theirs, checkpoints):
    show(OWN, 9)
    pull()
    show(OWN, 12)
    assert checkpoints().compare(OWN.note(theirs)).size == theirs
    assert not (scripted.folder / "evidence").exists()


def test_a_head_that_nobody_signed_convicts_nobody(show, pull, scripted, checkpoints):
    show(OWN, 9)
    pull()
    with pytest.raises(NotVerified) as caught:
        checkpoints().compare(ALog(origin=LOG, key=a_key("thief"), forked_at=3).note(9))
    assert caught.value.reason == "checkpoint_note_unsigned"
    assert not (scripted.folder / "evidence").exists()


# Epochs -----------------------------------------------------------------------------------------------------------


def epoch(number: int, log: ALog = OWN) -> ALog:
    return ALog(origin=f"{NODE_NAME}/log/{number}", key=log.key, forked_at=log.forked_at, branch=log.branch)


def told(checkpoints):
    return [(one.log, one.previous, one.known_size, one.kept_size) for one in checkpoints().take_untold()]


def test_after_a_restore_that_lost_nothing_the_log_goes_on(show, pull, checkpoints):
    show(OWN, 9)
    pull()
    show(epoch(2), 12)
    pull()
    assert told(checkpoints) == [(f"{NODE_NAME}/log/2", LOG, 9, 9)]


def test_after_a_restore_it_is_told_once_what_was_lost(show, pull, checkpoints):
    for size in (3, 5, 8, 13, 21):
        show(OWN, size)
        pull()
    show(epoch(2, OWN.fork(10)), 15)
    pull()
    assert told(checkpoints) == [(f"{NODE_NAME}/log/2", LOG, 21, 8)]
    assert told(checkpoints) == []


def test_an_epoch_without_anything_that_was_seen_is_followed_told_once_and_kept_as_evidence(
    show, pull, checkpoints, scripted
):
    """So it is for everybody who pulled first after the backup; a fork looks alike."""
    lost = OWN
    show(lost, 9)
    pull()
    show(epoch(2, OWN.fork(6)), 12)
    assert len(pull()) == 1
    changes = checkpoints().take_untold()
    assert [(one.log, one.known_size, one.kept_size, one.is_unproven) for one in changes] == [
        (f"{NODE_NAME}/log/2", 9, 0, True)
    ]
    assert checkpoints().take_untold() == []
    assert evidence(scripted.folder) == sorted([lost.note(9), epoch(2, OWN.fork(6)).note(12)])


def test_within_the_new_epoch_a_fork_stops_the_pull_as_ever(show, pull, refused):
    show(OWN, 9)
    pull()
    show(epoch(2, OWN.fork(6)), 12)
    pull()
    show(epoch(2, OWN.fork(7)), 12)
    assert refused().reason == "log_forked"


def test_the_log_never_goes_back_to_an_earlier_epoch(show, pull, refused):
    show(OWN, 5)
    pull()
    show(epoch(2), 9)
    pull()
    show(OWN, 12)
    assert refused().reason == "log_rolled_back"


def test_a_head_that_a_restore_has_lost_convicts_nobody(show, pull, checkpoints):
    for size in (5, 9):
        show(OWN, size)
        pull()
    show(epoch(2, OWN.fork(6)), 12)
    pull()
    with pytest.raises(NotVerified) as caught:
        checkpoints().compare(OWN.note(8))
    assert caught.value.reason == "checkpoint_other_epoch"


# Witnesses --------------------------------------------------------------------------------------------------------


@pytest.fixture
def need(scripted):
    """Write the partner's policy."""

    def need(text: str = f"witness w {WITNESS_KEY}\nquorum w\n") -> None:
        (scripted.folder / "witness-policy").write_text(text)

    return need


def test_a_head_that_the_policys_witness_cosigned_is_believed(show, pull, need, checkpoints):
    need()
    show(OWN, 5, cosigned(OWN, 5))
    pull()
    seen = checkpoints().newest()
    assert seen.cosigned_by == ("w",)


@pytest.mark.parametrize(
    "cosignatures",
    ["", cosigned(OWN, 5, key=a_key("thief")), cosigned(OWN, 5, name="other.example")],
    ids=["none", "another key", "another name"],
)
def test_a_head_without_the_quorum_stops_the_pull(show, refused, need, cosignatures):
    need()
    show(OWN, 5, cosignatures)
    assert refused().reason == "checkpoint_not_witnessed"


def test_a_false_cosignature_of_a_known_witness_stops_the_pull(show, refused, need):
    need()
    show(OWN, 5, cosigned(OWN, 6))
    assert refused().reason == "checkpoint_cosignature"


def test_with_a_policy_a_head_may_never_be_missing(refused, need):
    need()
    assert refused().reason == "checkpoint_missing"


def test_a_policy_out_of_form_stops_the_pull_and_says_which_line(show, pull, need):
    need("quorum nobody\n")
    show(OWN, 5)
    with pytest.raises(NotConfigured) as caught:
        pull()
    assert (caught.value.reason, str(caught.value.about).endswith("witness-policy:1")) == ("witness_policy", True)


def test_a_policy_that_names_other_logs_alone_stops_the_pull(show, refused, need):
    need(f"log {ALog().verifier_key}\nquorum none\n")
    show(OWN, 5)
    assert refused().reason == "checkpoint_another_log"


# Leaves -----------------------------------------------------------------------------------------------------------


def test_a_leaf_is_proven_in_the_newest_head(show, pull, checkpoints):
    show(OWN, 700)
    pull()
    checkpoints().includes(OWN.leaves(700)[300], 300)


@pytest.mark.parametrize(("index", "reason"), [(299, "not_included"), (700, "not_in_checkpoint")])
def test_a_leaf_is_not_proven_in_anothers_place_or_beyond_the_end(show, pull, index, reason, checkpoints):
    show(OWN, 700)
    pull()
    with pytest.raises(NotVerified) as caught:
        checkpoints().includes(OWN.leaves(700)[300], index)
    assert caught.value.reason == reason
