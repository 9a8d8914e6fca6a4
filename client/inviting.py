"""Invite people to the node's console, list them, end them: for an administrator of this organisation.

An invitation is signed here, by the key that also signs the request. The link that comes back is told once and works
once; whoever has it first becomes the person. So it is handed over by a way that only that person reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import orjson

from client.answer import Answer
from client.clock import Source
from client.failures import NotVerified
from client.wire import load
from crypto.documents import INVITATION, sign_document
from crypto.keys import PrivateKey
from crypto.keys import keyid as keyid_of
from schemas.people import (
    EndOutcome,
    EndOutcomeSchema,
    InvitationOutcome,
    InvitationOutcomeSchema,
    ListedPerson,
    People,
    PeopleSchema,
)

_JOIN_PATH = "/console/join#"


class Ask(Protocol):
    """Send a signed request for administration and return its verified answer."""

    def __call__(self, method: str, target: str, *, key: PrivateKey, action: str, body: bytes | None = None) -> Answer:
        """Keep the answer's receipt as that of `action`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Inviting:
    """The people of one organisation at its home node; `key` returns the administrator's."""

    organisation: str
    federation: str
    origin_url: str
    source: Source
    key: Callable[[], PrivateKey]
    ask: Ask

    def invite(self, holder: str, *, roles: Sequence[str], lifetime: timedelta) -> InvitationOutcome:
        """Invite `holder` with `roles` for `lifetime`, at most seven days, and return the link.

        Raises:
            Refused: `document_refused`, with the rule that it breaks.
            NotVerified: `invitation_link`: the link leads to somewhere else than the node.
            Failure: by its classes.
        """
        key, now = self.key(), self.source.now()
        claims: dict[str, Any] = {
            "v": 1,
            "federation": self.federation,
            "iss": self.organisation,
            "jti": self.source.identifier(),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "holder": holder,
            "roles": sorted(set(roles)),
        }
        token = sign_document(claims, typ=INVITATION, key=key, keyid=keyid_of(self.organisation, key.thumbprint))
        body = orjson.dumps({"invitation": token})
        answer = self.ask("POST", "/v1/invitations", key=key, action="invite_person", body=body)
        said: InvitationOutcome = load(InvitationOutcomeSchema(), answer.body)
        if not said.link.startswith(f"{self.origin_url}{_JOIN_PATH}"):
            raise NotVerified("invitation_link", about=said.holder)
        return said

    def list(self) -> tuple[ListedPerson, ...]:
        """Return everybody whom this organisation invited, newest invitation first.

        Raises:
            Failure: by its classes.
        """
        answer = self.ask("GET", "/v1/people", key=self.key(), action="read_people")
        said: People = load(PeopleSchema(), answer.body)
        return said.people

    def end(self, holder: str) -> EndOutcome:
        """End a person at once, with its sessions and invitations.

        Raises:
            Refused: `not_found`: nobody of that name is invited or has joined.
            Failure: by its classes.
        """
        body = orjson.dumps({"holder": holder})
        answer = self.ask("POST", "/v1/people/end", key=self.key(), action="end_person", body=body)
        said: EndOutcome = load(EndOutcomeSchema(), answer.body)
        return said
