"""The pages of joining: what an invitation's link opens, and the first passkey.

The link's secret stands after `#`. A script of the page puts it into the form: so it is in no address that a browser
sends, and in no log. Looking at an invitation uses nothing up.
"""

import re
import secrets
from hashlib import sha256

from server.console.door import Moved, OpenVisit, Pages, Shown, Signed
from server.console.rendering import HOME
from server.console.signing_in import ANSWER, SESSION_BYTES, field, party_needed, party_of
from server.people import joining, session_store, signing_in
from server.people.passkeys import creation_options, keyid_of_passkey
from server.people.store import Invitation
from server.web.endpoints import Parameter

arrival = Pages(name="arrival")

_INVITATION = Parameter(name="invitation", form=re.compile(r"[A-Za-z0-9_-]{43}"), meaning="The secret of a link.")


@arrival.open_get("/console/join")
def show_join(visit: OpenVisit) -> Shown:
    """Take an invitation's link."""
    return Shown(template="join.html", values={"has_name": party_of(visit.node) is not None})


@arrival.open_post("/console/join", action="look_at_invitation", form=(_INVITATION,))
def look_at_invitation(visit: OpenVisit) -> Shown:
    """Show whom the link invites to what, and ask for a first passkey.

    Raises:
        NotAuthenticated, Suspended, RoleNotAllowed: it invites nobody, or nobody any more.
    """
    token = field(visit.form, "invitation")
    invitation, digest = joining.find_invitation(visit.look(), token)
    db = visit.begin(_signed(invitation, None))
    joining.judge_invitation(db, invitation, now=visit.now)
    options = creation_options(
        party_needed(visit.node),
        user_handle=joining.user_handle_of(token),
        user_name=f"{invitation.holder} ({invitation.organisation})",
        challenge=visit.seal.challenge(purpose=joining.JOIN, binding=visit.browser + digest, now=visit.now),
        known=[],
    )
    return Shown(
        template="joining.html",
        values={
            "holder": invitation.holder,
            "organisation": invitation.organisation,
            "roles": sorted(invitation.roles),
            "expires_at": invitation.expires_at,
            "invitation": token,
            "options": options,
        },
    )


@arrival.open_post("/console/join/passkey", action=joining.JOIN, form=(_INVITATION, ANSWER))
def join(visit: OpenVisit) -> Moved:
    """Make the invited holder a person with this passkey, and open a session.

    Raises:
        NotAuthenticated, Suspended, RoleNotAllowed: the invitation or the passkey does not hold.
    """
    token = field(visit.form, "invitation")
    given = signing_in.read_given(field(visit.form, "answer"))
    invitation, digest = joining.find_invitation(visit.look(), token)
    db = visit.begin(_signed(invitation, None))
    joining.judge_invitation(db, invitation, now=visit.now)
    answered = signing_in.answered_challenge(
        visit.seal, given, purpose=joining.JOIN, binding=visit.browser + digest, now=visit.now
    )
    new = signing_in.verified_registration(party_needed(visit.node), given, answered, db)
    passkey_id = joining.join(db, invitation, new, user_handle=joining.user_handle_of(token), now=visit.now)
    visit.name(_signed(invitation, keyid_of_passkey(invitation.organisation, new.public_key)))
    session = secrets.token_bytes(SESSION_BYTES)
    session_store.open_session(db, passkey_id, sha256(session).digest(), now=visit.now)
    return Moved(location=HOME, session_token=session)


def _signed(invitation: Invitation, keyid: str | None) -> Signed:
    return Signed(organisation=invitation.organisation, organisation_id=invitation.organisation_id, keyid=keyid)
