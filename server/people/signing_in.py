"""Judge a sign-in and a step-up: a passkey of ours answered a challenge of ours, for this browser, once.

How a person proves to be who it is stands behind `Prover`: passkeys are the one way there is. Another, such as an
organisation's own OpenID provider, would be another `Prover` that names the holder it vouches for; everything after it,
roles in force, sessions, entries, would stay as it is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crypto.refusals import NotVerified
from server.db import Connection
from server.errors import NotAuthenticated
from server.people import passkey_store, passkeys, standing, store
from server.people.passkey_store import Passkey
from server.people.passkeys import Given, NewPasskey, RelyingParty
from server.people.sealing import Answered, Seal

SIGN_IN = "sign_in"
CONFIRM = "confirm"


class Prover(Protocol):
    """One way to prove who sits at a browser."""

    def prove(self, db: Connection, *, now: datetime) -> Passkey:
        """Return by which passkey, and so as whom, the person is there.

        Raises:
            NotAuthenticated: with a constant reason; the person is not there.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ByPasskey:
    """What a browser answered to a challenge; `found` is the passkey that it names, its row locked."""

    party: RelyingParty
    given: Given
    answered: Answered
    found: Passkey
    # Whoever is asked for no passkey in particular gives one that names its person.
    must_name_person: bool = True

    def prove(self, db: Connection, *, now: datetime) -> Passkey:
        """Return the passkey, after its counter and the challenge are used up.

        Raises:
            NotAuthenticated: see `passkeys.verify_assertion`; `foreign_passkey`: it names another person than it is
                of; `replayed`: the challenge was answered before.
        """
        named = self.given.user_handle
        if named != self.found.user_handle and (self.must_name_person or named is not None):
            raise NotAuthenticated("foreign_passkey")
        try:
            counter = passkeys.verify_assertion(
                self.party,
                self.given,
                challenge=self.answered.challenge,
                public_key=self.found.public_key,
                sign_count=self.found.sign_count,
            )
        except NotVerified as error:
            raise NotAuthenticated(error.reason) from error
        if not passkey_store.use_challenge(db, self.answered.digest, expires_at=self.answered.expires_at):
            raise NotAuthenticated("replayed")
        passkey_store.use_passkey(db, self.found.passkey_id, sign_count=counter, now=now)
        return self.found


def read_given(text: str) -> Given:
    """Return what a browser gave.

    Raises:
        NotAuthenticated: it is of another form.
    """
    try:
        return passkeys.read_answer(text)
    except NotVerified as error:
        raise NotAuthenticated(error.reason) from error


def answered_challenge(seal: Seal, given: Given, *, purpose: str, binding: bytes, now: datetime) -> Answered:
    """Return the challenge of ours that a browser answered.

    Raises:
        NotAuthenticated: it is not ours, for something else, for another browser, or over.
    """
    try:
        return seal.known_challenge(given.challenge, purpose=purpose, binding=binding, now=now)
    except NotVerified as error:
        raise NotAuthenticated(error.reason) from error


def verified_registration(party: RelyingParty, given: Given, answered: Answered, db: Connection) -> NewPasskey:
    """Return the passkey that a browser just made; its challenge is used up.

    Raises:
        NotAuthenticated: see `passkeys.verify_registration`; `replayed`.
    """
    try:
        new = passkeys.verify_registration(party, given, challenge=answered.challenge)
    except NotVerified as error:
        raise NotAuthenticated(error.reason) from error
    if not passkey_store.use_challenge(db, answered.digest, expires_at=answered.expires_at):
        raise NotAuthenticated("replayed")
    return new


def judge_person(db: Connection, person: Passkey, *, now: datetime) -> frozenset[str]:
    """Return the roles in force of a person that has proven to be there.

    Raises:
        Suspended, NotAuthenticated, RoleNotAllowed: see `standing`.
    """
    footing = store.footing_of(db, person.organisation_id, person.holder, now=now)
    return standing.judge_footing(footing, person.roles, now=now)
