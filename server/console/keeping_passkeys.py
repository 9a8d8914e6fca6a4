"""The pages on which a person keeps its passkeys: see them, add one, remove one that is not the last.

Adding and removing want a passkey used within the last five minutes: a stolen session makes itself no passkey.
"""

import re

from psycopg.errors import CheckViolation

from schemas.people import MOST_PASSKEYS
from server.access import Permission
from server.console.door import ConsoleVisit, Moved, Pages, Shown
from server.console.signing_in import ANSWER, field, party_needed
from server.errors import NotAuthenticated, NotFound
from server.people import passkey_store, signing_in
from server.people.passkey_store import Passkey
from server.people.passkeys import creation_options
from server.web.endpoints import Parameter

passkey_pages = Pages(name="passkeys")

_LIST = "/console/passkeys"
_ADD = "add_passkey"
_PASSKEY = Parameter(name="passkey", form=re.compile(r"[1-9][0-9]{0,17}"), meaning="One of the person's own passkeys.")


@passkey_pages.get(_LIST, permission=Permission.KEEP_PASSKEYS)
def show_passkeys(visit: ConsoleVisit) -> Shown:
    """Show the person's passkeys."""
    return Shown(
        template="passkeys.html",
        values={"keys": _own(visit), "used_here": visit.passkey_id, "most": MOST_PASSKEYS},
    )


@passkey_pages.get(f"{_LIST}/add", permission=Permission.KEEP_PASSKEYS, fresh=True)
def show_adding(visit: ConsoleVisit) -> Shown | Moved:
    """Ask for another passkey."""
    known = _own(visit)
    if len(known) >= MOST_PASSKEYS:
        return Moved(location=_LIST)
    options = creation_options(
        party_needed(visit.node),
        user_handle=known[0].user_handle,
        user_name=f"{visit.person.holder} ({visit.person.organisation})",
        challenge=visit.seal.challenge(purpose=_ADD, binding=visit.session, now=visit.now),
        known=[passkey.credential_id for passkey in known],
    )
    return Shown(template="passkey_add.html", values={"options": options})


@passkey_pages.post(f"{_LIST}/add", permission=Permission.KEEP_PASSKEYS, fresh=True, form=(ANSWER,))
def add_passkey(visit: ConsoleVisit) -> Moved:
    """Keep another passkey of the person.

    Raises:
        NotAuthenticated: it was not made here and now, or is somebody's already.
    """
    given = signing_in.read_given(field(visit.form, "answer"))
    answered = signing_in.answered_challenge(visit.seal, given, purpose=_ADD, binding=visit.session, now=visit.now)
    new = signing_in.verified_registration(party_needed(visit.node), given, answered, visit.db)
    passkey_store.lock_person(visit.db, visit.person.person_id)
    if len(_own(visit)) >= MOST_PASSKEYS:
        return Moved(location=_LIST)
    if passkey_store.is_known_credential(visit.db, new.credential_id):
        raise NotAuthenticated("credential_taken")
    passkey_store.insert_passkey(visit.db, visit.person.person_id, new, now=visit.now)
    return Moved(location=_LIST)


@passkey_pages.get(f"{_LIST}/remove", permission=Permission.KEEP_PASSKEYS, fresh=True, query=(_PASSKEY,))
def show_removing(visit: ConsoleVisit) -> Shown | Moved:
    """Ask whether a passkey shall go.

    Raises:
        NotFound: it is none of the person's.
    """
    if "passkey" not in visit.query:
        return Moved(location=_LIST)
    known = _own(visit)
    chosen = _chosen(known, visit.query["passkey"])
    return Shown(
        template="passkey_remove.html",
        values={"key": chosen, "is_last": len(known) == 1, "used_here": visit.passkey_id},
    )


@passkey_pages.post(f"{_LIST}/remove", permission=Permission.KEEP_PASSKEYS, fresh=True, form=(_PASSKEY,))
def remove_passkey(visit: ConsoleVisit) -> Moved:
    """Remove a passkey and end the sessions that it opened, this one perhaps; the last one stays.

    Raises:
        NotFound: it is none of the person's.
    """
    chosen = _chosen(_own(visit), field(visit.form, "passkey"))
    try:
        passkey_store.end_passkey(visit.db, chosen.passkey_id, now=visit.now)
    except CheckViolation as error:
        raise NotAuthenticated("last_passkey") from error
    if chosen.passkey_id == visit.passkey_id:
        return Moved(location="/console/sign-in", ends_session=True)
    return Moved(location=_LIST)


def _own(visit: ConsoleVisit) -> list[Passkey]:
    return passkey_store.passkeys_of(visit.db, visit.person.person_id)


def _chosen(known: list[Passkey], passkey: str) -> Passkey:
    for each in known:
        if each.passkey_id == int(passkey):
            return each
    raise NotFound
