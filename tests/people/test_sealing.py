"""Challenges and form tokens that need no row: only ours, only here, only for this, only now."""

from datetime import UTC, datetime, timedelta

import pytest

from crypto.refusals import NotVerified
from server.people.sealing import CHALLENGE_LIFETIME, Seal
from tests.partners import a_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SEAL = Seal(a_key("node.example", "node"))


def a_challenge(seal=SEAL) -> bytes:
    return seal.challenge(purpose="sign_in", binding=b"browser", now=NOW)


def known(challenge, *, seal=SEAL, **changes):
    return seal.known_challenge(challenge, **({"purpose": "sign_in", "binding": b"browser", "now": NOW} | changes))


def test_a_challenge_of_ours_is_known_by_every_process_that_holds_the_nodes_key():
    assert known(a_challenge(), seal=Seal(a_key("node.example", "node"))).challenge


def test_no_challenge_is_like_another():
    assert a_challenge() != a_challenge()


@pytest.mark.parametrize(
    "changes", [{"purpose": "confirm"}, {"binding": b"other"}, {"purpose": "sign_inb", "binding": b"rowser"}]
)
def test_a_challenge_serves_for_what_and_where_it_was_made(changes):
    with pytest.raises(NotVerified, match=r"^challenge$"):
        known(a_challenge(), **changes)


def test_a_challenge_is_over_after_five_minutes():
    challenge = a_challenge()
    assert known(challenge, now=NOW + CHALLENGE_LIFETIME - timedelta(seconds=1))
    with pytest.raises(NotVerified, match="challenge_expired"):
        known(challenge, now=NOW + CHALLENGE_LIFETIME)


@pytest.mark.parametrize("at", [0, 7, 8, 23, 24, 55])
def test_an_altered_challenge_is_none_of_ours(at):
    challenge = bytearray(a_challenge())
    challenge[at] ^= 1
    with pytest.raises(NotVerified, match=r"^challenge$"):
        known(bytes(challenge))


@pytest.mark.parametrize("challenge", [b"", bytes(55), bytes(56), bytes(57)])
def test_what_is_of_another_length_is_none_of_ours(challenge):
    with pytest.raises(NotVerified, match=r"^challenge$"):
        known(challenge)


def test_another_nodes_challenge_is_none_of_ours():
    with pytest.raises(NotVerified, match=r"^challenge$"):
        known(a_challenge(Seal(a_key("other.example", "node"))))


def test_a_form_token_is_one_browsers():
    SEAL.check_form_token(SEAL.form_token(b"browser"), b"browser")
    with pytest.raises(NotVerified, match="form_token"):
        SEAL.check_form_token(SEAL.form_token(b"browser"), b"other")


def test_a_form_token_is_no_challenge():
    assert SEAL.form_token(b"browser") != SEAL.form_token(b"other")
    with pytest.raises(NotVerified, match="form_token"):
        SEAL.check_form_token("", b"browser")
