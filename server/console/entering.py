"""Let a visit of the console through, or refuse it; either way by the same steps, in one transaction.

1. what the browser says of where the request comes from, its cookies, its fields: before any transaction;
2. the session, its passkey, its person and the person's organisation as they stand; permission; a fresh passkey where
   the page wants one; the rate of the passkey;
3. the page, behind a savepoint: a refusal takes the act back;
4. the session once more, locked: nothing is shown after its end; the entry, then commit, then the first byte.

Every page of a person is entered, allowed or refused. What nobody is known to have asked for is counted (`noise`).
A page that cannot be entered is not shown.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import psycopg
import structlog
from flask import Response

from server.access import Permission
from server.console import acting, arriving, responding, sessions
from server.console.acting import Actor, Asked, Doorway, Made
from server.console.door import ConsoleVisit, DeclaredPage, Moved, Person
from server.console.opening import Opener
from server.console.rendering import HOME
from server.console.sessions import Admitted, Standing
from server.db import Connection, Pool
from server.errors import (
    Busy,
    InternalError,
    MethodNotAllowed,
    NotAuthenticated,
    NotReady,
    Refusal,
    RoleNotAllowed,
    Suspended,
    TooManyRequests,
    TrailUnavailable,
)
from server.guard.arrivals import Environ, check_host, check_path
from server.guard.door import new_request_id
from server.guard.noise import Noise, Sender
from server.guard.rating import Rating, member
from server.people import session_store
from server.people.sealing import Seal
from server.watching.exchanges import PUBLIC, Watched
from server.web.exchange import EntryFacts, Node

SIGN_IN_PATH = "/console/sign-in"
CONFIRM_PATH = "/console/confirm"
BACK_PATH = "/console/back"

# By these a stolen session shows, and a person who may no longer: entered, within a rate.
_ENTERED_WITHIN_A_RATE = (NotAuthenticated, Suspended, RoleNotAllowed)

log = structlog.get_logger()


class Door:
    """The console's door of one process; without a `trail_pool` no page can show the trail."""

    def __init__(self, node: Node, pool: Pool, trail_pool: Pool | None) -> None:
        self._doorway = Doorway(
            node=node,
            pool=pool,
            trail_pool=trail_pool,
            seal=Seal(node.key),
            noise=Noise(node, pool),
            rating=Rating(node.settings.rates),
        )
        self._opener = Opener(self._doorway)

    def serve(self, page: DeclaredPage, environ: Environ, path: Mapping[str, str]) -> Response:
        """Answer one visit of `page`; `path` are the members of its rule."""
        action = (page.action or PUBLIC) if page.permission is None else page.permission.value
        with Watched(request_id=new_request_id(), action=action) as watched:
            asked = Asked(
                request_id=watched.request_id,
                now=datetime.now(UTC),
                node=self._doorway.node,
                page=page,
                path=path,
                environ=environ,
                language=arriving.language_of(environ),
            )
            response = self._answer(asked, watched)
            watched.status = response.status_code
            return response

    def _answer(self, asked: Asked, watched: Watched) -> Response:
        try:
            check_host(asked.environ, self._doorway.node.settings)
            # Werkzeug adds HEAD to every GET.
            if asked.environ["REQUEST_METHOD"] != asked.page.method:
                raise MethodNotAllowed
            arriving.check_size(asked.environ)
            if asked.page.permission is not None:
                return self._let_in(asked, asked.page.permission, watched)
            check_path(asked.path)
            if asked.page.method == "GET":
                return self._opener.show(asked)
            return self._opener.take(asked, watched)
        except Refusal as refusal:
            return self._doorway.fail(asked, refusal, watched)
        except psycopg.OperationalError:
            log.warning("database_unreachable", request_id=str(asked.request_id))
            return self._doorway.fail(asked, Busy(), watched)
        except psycopg.Error as error:
            log.error(  # noqa: TRY400 - the text of a database error may hold values
                "trail_unavailable", request_id=str(asked.request_id), error=type(error).__name__
            )
            return self._doorway.fail(asked, TrailUnavailable(), watched)

    def _let_in(self, asked: Asked, permission: Permission, watched: Watched) -> Response:
        """Let the person of a session in; without one, send the browser to where one signs in."""
        token = arriving.cookie_of(asked.environ, arriving.SESSION_COOKIE)
        if token is None:
            return _to_sign_in(asked)
        with self._doorway.pool.connection() as db:
            found = sessions.find(db, token, now=asked.now)
            db.rollback()
            if found is None or (found.session.ended_at is None and sessions.is_over(found, now=asked.now)):
                self._doorway.noise.count("unknown_session" if found is None else sessions.OVER)
                return _to_sign_in(asked, ends_session=True)
            watched.organisation = found.session.organisation
            organisation, method = found.session.organisation, asked.page.method
            try:
                self._doorway.rating.take(db, member(permission, method, organisation=organisation, keyid=found.keyid))
            except TooManyRequests as too_many:
                return self._doorway.fail(asked, too_many, watched, _sender(found))
        form, refusal = self._read(asked, token)
        coming = _Coming(
            asked=asked, permission=permission, token=token, found=found, form=form, refusal=refusal, facts=EntryFacts()
        )
        if refusal is None and asked.page.fresh and coming.may_confirm and not sessions.is_fresh(found, now=asked.now):
            return _to_confirm(asked)
        return self._transact(coming, watched)

    def _read(self, asked: Asked, token: bytes) -> tuple[dict[str, str], Refusal | None]:
        """Return the form that one of our own pages sent, or why it is refused: that is entered."""
        try:
            if asked.page.method == "GET":
                arriving.check_embedding(asked.environ)
                return {}, None
            arriving.check_origin(asked.environ, self._doorway.node.settings)
            return self._doorway.read_form(asked, token), None
        except Refusal as refusal:
            return {}, refusal

    def _transact(self, coming: "_Coming", watched: Watched) -> Response:
        """Run the page, enter it, and return it; where the database fails, nothing happened."""
        asked = coming.asked
        with self._doorway.pool.connection() as db, ExitStack() as unsent:
            db.execute("SAVEPOINT act")
            made, refusal = acting.attempt(asked, lambda: self._act(coming, db, unsent))
            if made is None:
                refusal = refusal or InternalError()
                db.execute("ROLLBACK TO SAVEPOINT act")
                coming.facts = EntryFacts()
                if (too_many := self._without_entry(db, coming.found, refusal)) is not None:
                    return self._doorway.fail(asked, too_many, watched, _sender(coming.found))
                made = self._refuse(coming, refusal, watched)
            acting.enter(db, asked, _actor(coming), made, refusal, facts=coming.facts, action=coming.permission.value)
            # What is sent is let go by whoever sends it.
            unsent.pop_all()
        return made.response

    def _act(self, coming: "_Coming", db: Connection, unsent: ExitStack) -> Made:
        asked = coming.asked
        coming.person = sessions.person_of(coming.found, now=asked.now)
        coming.admitted = sessions.admit(coming.person, coming.permission)
        check_path(asked.path)
        if coming.refusal is not None:
            raise coming.refusal
        session_store.serve(db, coming.found.session.organisation_id)
        with ExitStack() as trail:
            visit = self._visit(coming, coming.admitted, db, trail)
            answer = asked.page.view(visit, **asked.path)
            made = acting.make(answer, visit, unsent)
        if not (isinstance(answer, Moved) and answer.ends_session):
            self._judge_again(db, coming)
        return made

    def _judge_again(self, db: Connection, coming: "_Coming") -> None:
        """Hold the session, and refuse what was made meanwhile for one that has ended."""
        now = datetime.now(UTC)
        if not session_store.keep_open(db, coming.found.session.session_id, now=now):
            raise NotAuthenticated(sessions.ENDED)
        again = sessions.find(db, coming.token, now=now)
        if again is None:
            raise NotAuthenticated(sessions.ENDED)
        sessions.admit(sessions.person_of(again, now=now), coming.permission)

    def _visit(self, coming: "_Coming", admitted: Admitted, db: Connection, trail: ExitStack) -> ConsoleVisit:
        asked, session, doorway = coming.asked, coming.found.session, self._doorway
        query = arriving.read_query(asked.environ, asked.page.query)
        opened: list[Connection] = []

        def open_trail() -> Connection:
            if not opened:
                if doorway.trail_pool is None:
                    raise NotReady
                opened.append(trail.enter_context(doorway.trail_pool.connection()))
            return opened[0]

        return ConsoleVisit(
            request_id=asked.request_id,
            now=asked.now,
            node=doorway.node,
            person=admitted.person,
            role=admitted.role,
            purpose=admitted.purpose,
            language=asked.language,
            path=asked.own_path,
            query=query,
            form=coming.form,
            csrf_token=doorway.seal.form_token(coming.token),
            session=coming.token,
            session_id=session.session_id,
            passkey_id=session.passkey_id,
            seal=doorway.seal,
            db=db,
            facts=coming.facts,
            open_trail=open_trail,
        )

    def _refuse(self, coming: "_Coming", refusal: Refusal, watched: Watched) -> Made:
        watched.refused_with(refusal)
        token = self._doorway.seal.form_token(coming.token)
        made = acting.make_refusal(coming.asked, refusal, person=coming.person, csrf_token=token)
        if getattr(refusal, "reason", None) == sessions.ENDED:
            responding.take_session(made.response)
        return made

    def _without_entry(self, db: Connection, found: Standing, refusal: Refusal) -> TooManyRequests | None:
        """Return what to answer if this refusal gets no entry, because there were enough of them by this passkey."""
        if not isinstance(refusal, _ENTERED_WITHIN_A_RATE):
            return None
        try:
            self._doorway.rating.take_for_refusal(db, organisation=found.session.organisation, keyid=found.keyid)
        except TooManyRequests as too_many:
            db.rollback()
            return too_many
        return None


@dataclass(kw_only=True)
class _Coming:
    """A visit by a session, before and while it is judged: `refusal` is what its form or origin already earned it."""

    asked: Asked
    permission: Permission
    token: bytes
    found: Standing
    form: dict[str, str]
    refusal: Refusal | None
    facts: EntryFacts
    person: Person | None = None
    admitted: Admitted | None = None

    @property
    def may_confirm(self) -> bool:
        """Return whether there is somebody to ask for a passkey: a session that has ended is refused instead."""
        session = self.found.session
        return session.ended_at is None and session.person_ended_at is None


def _to_sign_in(asked: Asked, *, ends_session: bool = False) -> Response:
    """Send a browser to where one signs in, and from there back to here."""
    if asked.page.method != "GET":
        response = responding.moved(SIGN_IN_PATH)
    elif not ends_session and arriving.comes_from_elsewhere(asked.environ):
        # Another site's link led here, and so our cookies stayed behind: the next request is our own page's.
        response = responding.moved_by_page(_with_next(BACK_PATH, asked.target))
    else:
        response = responding.moved(_with_next(SIGN_IN_PATH, asked.target))
    if ends_session:
        responding.take_session(response)
    return response


def _to_confirm(asked: Asked) -> Response:
    """Send a person to where a passkey is used again, and from there back to here."""
    # A form is not sent again by itself: back leads to the page that it stands on.
    return responding.moved(_with_next(CONFIRM_PATH, asked.target if asked.page.method == "GET" else asked.own_path))


def _with_next(path: str, target: str) -> str:
    return f"{path}?{urlencode({'next': arriving.own_address(target, HOME)})}"


def _actor(coming: _Coming) -> Actor:
    session, admitted = coming.found.session, coming.admitted
    return Actor(
        organisation=session.organisation,
        organisation_id=session.organisation_id,
        keyid=coming.found.keyid,
        role=None if admitted is None else admitted.role,
        purpose=None if admitted is None else admitted.purpose,
    )


def _sender(found: Standing) -> Sender:
    return Sender(
        organisation=found.session.organisation, organisation_id=found.session.organisation_id, keyid=found.keyid
    )
