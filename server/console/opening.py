"""Open pages: what anybody may see, and what a form does before anybody is signed in.

Such a form may turn out to be somebody's act, by an invitation's secret or by a passkey. From then on a refusal has an
entry, within the rate of signing in, and so has what a passkey did; before that a refusal is counted, and nothing was
written.
"""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from flask import Response

from server.console import acting, arriving, responding
from server.console.acting import Actor, Asked, Doorway, Made
from server.console.door import OpenVisit, Signed
from server.db import Connection
from server.errors import Busy, InternalError, NotAuthenticated, Refusal, TooManyRequests
from server.guard.noise import Sender
from server.guard.rating import SIGN_IN, Asker, Rating
from server.watching import exchanges
from server.watching.exchanges import Watched
from server.web.exchange import EntryFacts

_BROWSER_BYTES = 32
# Anybody may drip a form for half a minute: they take some of a process's threads, never all.
_STRANGERS_AT_ONCE = 2


class Opener:
    """Lets anybody in, as far as anybody may."""

    def __init__(self, doorway: Doorway) -> None:
        self._doorway = doorway
        self._strangers = BoundedSemaphore(_STRANGERS_AT_ONCE)

    def show(self, asked: Asked) -> Response:
        """Show an open page; it asks nothing of the database.

        Raises:
            Refusal: the page is not asked for as one asks for a page.
        """
        arriving.check_embedding(asked.environ)
        held = arriving.cookie_of(asked.environ, arriving.BROWSER_COOKIE)
        browser = held or secrets.token_bytes(_BROWSER_BYTES)
        visit = self._visit(asked, browser, {}, _Nothing())
        response = acting.make(asked.page.view(visit, **asked.path), visit, ExitStack()).response
        if held is None and response.mimetype == "text/html":
            responding.give_browser(response, browser)
        exchanges.published()
        return response

    def take(self, asked: Asked, watched: Watched) -> Response:
        """Take a form of somebody who is not signed in.

        Raises:
            Refusal: it is none of our forms, and so nobody's act.
            psycopg.Error: nothing happened.
        """
        arriving.check_origin(asked.environ, self._doorway.node.settings)
        browser = arriving.cookie_of(asked.environ, arriving.BROWSER_COOKIE)
        if browser is None:
            raise NotAuthenticated("no_browser")
        if not self._strangers.acquire(blocking=False):
            raise Busy
        try:
            form = self._doorway.read_form(asked, browser)
        finally:
            self._strangers.release()
        with self._doorway.pool.connection() as db, ExitStack() as held:
            opening = _Opening(db=db, rating=self._doorway.rating)
            visit = self._visit(asked, browser, form, opening)
            made, refusal = acting.attempt(
                asked, lambda: acting.make(asked.page.view(visit, **asked.path), visit, held)
            )
            if made is None:
                return self._refuse(asked, visit, opening, refusal or InternalError(), watched)
            # Who only looked at an invitation is nobody yet.
            if opening.signed is not None and opening.signed.keyid is not None:
                watched.organisation = opening.signed.organisation
                self._enter(asked, opening.signed, db, made, None)
        return made.response

    def _refuse(
        self, asked: Asked, visit: OpenVisit, opening: "_Opening", refusal: Refusal, watched: Watched
    ) -> Response:
        signed = opening.signed
        if signed is None or isinstance(refusal, TooManyRequests):
            opening.db.rollback()
            sender = None if signed is None else _sender(signed)
            return self._doorway.fail(asked, refusal, watched, sender)
        opening.db.execute("ROLLBACK TO SAVEPOINT act")
        watched.organisation = signed.organisation
        watched.refused_with(refusal)
        made = acting.make_refusal(asked, refusal, person=None, csrf_token=visit.csrf_token)
        self._enter(asked, signed, opening.db, made, refusal)
        return made.response

    def _enter(self, asked: Asked, signed: Signed, db: Connection, made: Made, refusal: Refusal | None) -> None:
        actor = Actor(
            organisation=signed.organisation,
            organisation_id=signed.organisation_id,
            keyid=signed.keyid,
            role=None,
            purpose=None,
        )
        acting.enter(db, asked, actor, made, refusal, facts=EntryFacts(), action=asked.page.action or "none")

    def _visit(self, asked: Asked, browser: bytes, form: dict[str, str], opening: "_Opening | _Nothing") -> OpenVisit:
        return OpenVisit(
            request_id=asked.request_id,
            now=asked.now,
            node=self._doorway.node,
            seal=self._doorway.seal,
            language=asked.language,
            path=asked.own_path,
            query=arriving.read_query(asked.environ, asked.page.query),
            form=form,
            csrf_token=self._doorway.seal.form_token(browser),
            browser=browser,
            session=arriving.cookie_of(asked.environ, arriving.SESSION_COOKIE),
            look=opening.look,
            begin=opening.begin,
            name=opening.name,
        )


@dataclass(kw_only=True)
class _Opening:
    """The transaction of an open form: whose it is comes to light within it."""

    db: Connection
    rating: Rating
    signed: Signed | None = field(default=None, init=False)

    def look(self) -> Connection:
        return self.db

    def begin(self, signed: Signed) -> Connection:
        # The rate is counted in a transaction of its own: what was read before ends here.
        self.db.rollback()
        self.signed = signed
        tried = signed.keyid or f"{signed.organisation}/invitation"
        self.rating.take(self.db, Asker(act=SIGN_IN, organisation=signed.organisation, keyid=tried))
        self.db.execute("SAVEPOINT act")
        return self.db

    def name(self, signed: Signed) -> None:
        self.signed = signed


class _Nothing:
    """Stands for a transaction where a page is only shown: it asks nothing of the database and changes nothing."""

    def look(self) -> Connection:
        raise TypeError("a page for anybody asks nothing of the database")

    def begin(self, signed: Signed) -> Connection:  # noqa: ARG002 - the signature of Begin
        raise TypeError("a page for anybody changes nothing")

    def name(self, signed: Signed) -> None:  # noqa: ARG002 - as an opening's
        raise TypeError("a page for anybody is nobody's act")


def _sender(signed: Signed) -> Sender | None:
    if signed.keyid is None:
        return None
    return Sender(organisation=signed.organisation, organisation_id=signed.organisation_id, keyid=signed.keyid)
