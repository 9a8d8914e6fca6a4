"""The pages of signing in, of using the passkey again (step-up), and of signing out."""

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from server.access import Permission
from server.console.arriving import own_address
from server.console.door import ConsoleVisit, Moved, OpenVisit, Pages, Shown, Signed
from server.console.rendering import HOME
from server.errors import MalformedBody, NotAuthenticated
from server.people import passkey_store, session_store, signing_in
from server.people.passkey_store import Passkey
from server.people.passkeys import RelyingParty, keyid_of_passkey, relying_party, request_options
from server.web.endpoints import Parameter
from server.web.exchange import Node

SESSION_BYTES: Final = 32

entrance = Pages(name="entrance")

NEXT = Parameter(name="next", form=re.compile(r"/[\x21-\x7e]{0,2000}"), meaning="Where to go afterwards.")
# What `passkeys.read_answer` reads; how large it may be is judged there.
ANSWER = Parameter(name="answer", form=re.compile(r"\{[\x20-\x7e]+\}"), meaning="What the browser answered.")


@entrance.open_get("/console/sign-in", query=(NEXT,))
def show_sign_in(visit: OpenVisit) -> Shown:
    """Ask for a passkey, whosever it is."""
    party = party_of(visit.node)
    options = None
    if party is not None:
        challenge = visit.seal.challenge(purpose=signing_in.SIGN_IN, binding=visit.browser, now=visit.now)
        options = request_options(party, challenge=challenge)
    return Shown(template="sign_in.html", values={"options": options, "next": visit.query.get("next", "")})


@entrance.open_post("/console/sign-in", action=signing_in.SIGN_IN, form=(ANSWER, NEXT))
def sign_in(visit: OpenVisit) -> Moved:
    """Open a session for the person of the passkey that answered.

    Raises:
        NotAuthenticated: no passkey of ours did; why is for the entry.
        Suspended, RoleNotAllowed: its person may not be here now.
    """
    party = party_needed(visit.node)
    given = signing_in.read_given(field(visit.form, "answer"))
    answered = signing_in.answered_challenge(
        visit.seal, given, purpose=signing_in.SIGN_IN, binding=visit.browser, now=visit.now
    )
    known = passkey_store.passkey_of_credential(visit.look(), given.credential_id)
    if known is None:
        raise NotAuthenticated("unknown_passkey")
    db = visit.begin(signed_of(known))
    found = passkey_store.passkey_of_credential(db, given.credential_id)
    if found is None:
        raise NotAuthenticated("unknown_passkey")
    prover = signing_in.ByPasskey(party=party, given=given, answered=answered, found=found)
    person = prover.prove(db, now=visit.now)
    signing_in.judge_person(db, person, now=visit.now)
    if visit.session is not None:
        session_store.end_session_with(db, sha256(visit.session).digest(), now=visit.now)
    token = secrets.token_bytes(SESSION_BYTES)
    session_store.open_session(db, person.passkey_id, sha256(token).digest(), now=visit.now)
    return Moved(location=own_address(visit.form.get("next"), HOME), session_token=token)


@entrance.open_get("/console/back", query=(NEXT,))
def go_back(visit: OpenVisit) -> Moved:
    """Go to where another site's link led: as our own page, so that our cookies come along."""
    return Moved(location=own_address(visit.query.get("next"), HOME))


@entrance.get("/console/confirm", permission=Permission.CONFIRM_SIGN_IN, query=(NEXT,))
def show_confirm(visit: ConsoleVisit) -> Shown:
    """Ask for one of the person's passkeys again."""
    challenge = visit.seal.challenge(purpose=signing_in.CONFIRM, binding=visit.session, now=visit.now)
    known = passkey_store.passkeys_of(visit.db, visit.person.person_id)
    options = request_options(
        party_needed(visit.node), challenge=challenge, allowed=[passkey.credential_id for passkey in known]
    )
    return Shown(template="confirm.html", values={"options": options, "next": visit.query.get("next", "")})


@entrance.post("/console/confirm", permission=Permission.CONFIRM_SIGN_IN, form=(ANSWER, NEXT))
def confirm(visit: ConsoleVisit) -> Moved:
    """Take a passkey of the person as proof that it still is there.

    Raises:
        NotAuthenticated: it is not, or another person is.
    """
    given = signing_in.read_given(field(visit.form, "answer"))
    answered = signing_in.answered_challenge(
        visit.seal, given, purpose=signing_in.CONFIRM, binding=visit.session, now=visit.now
    )
    found = passkey_store.passkey_of_credential(visit.db, given.credential_id)
    if found is None or found.person_id != visit.person.person_id:
        raise NotAuthenticated("foreign_passkey")
    prover = signing_in.ByPasskey(
        party=party_needed(visit.node), given=given, answered=answered, found=found, must_name_person=False
    )
    prover.prove(visit.db, now=visit.now)
    session_store.confirm_session(visit.db, visit.session_id, now=visit.now)
    return Moved(location=own_address(visit.form.get("next"), HOME))


@entrance.post("/console/sign-out", permission=Permission.SIGN_OUT)
def sign_out(visit: ConsoleVisit) -> Moved:
    """End the session, here and on the node."""
    session_store.end_session(visit.db, visit.session_id, now=visit.now)
    return Moved(location="/console/sign-in", ends_session=True)


def party_of(node: Node) -> RelyingParty | None:
    """Return for whom passkeys of this node are good; None if its origin has no name."""
    return relying_party(origin_url=node.settings.origin_url, node=node.settings.node)


def party_needed(node: Node) -> RelyingParty:
    """Return for whom passkeys of this node are good.

    Raises:
        NotAuthenticated: its origin has no name, so nobody has a passkey for it.
    """
    party = party_of(node)
    if party is None:
        raise NotAuthenticated("node_without_name")
    return party


def signed_of(passkey: Passkey) -> Signed:
    """Return whose act it is that a passkey did."""
    return Signed(
        organisation=passkey.organisation,
        organisation_id=passkey.organisation_id,
        keyid=keyid_of_passkey(passkey.organisation, passkey.public_key),
    )


def field(form: Mapping[str, str], name: str) -> str:
    """Return a field that a form must have.

    Raises:
        MalformedBody: it has not.
    """
    if name not in form:
        raise MalformedBody
    return form[name]
