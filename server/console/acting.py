"""Run what a page does behind a savepoint, and enter it: no entry, no page.

The entry says what every entry says, with null where a caller's signature would be: nobody signs a page. In a refused
one the target is a digest, as everywhere.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from traceback import extract_tb
from uuid import UUID

import psycopg
import structlog
from flask import Response

from crypto.encoding import to_base64url
from crypto.refusals import NotVerified
from server.access import Purpose, Role
from server.console import arriving, refusing, responding
from server.console.door import Answer, ConsoleVisit, DeclaredPage, Download, Moved, OpenVisit, Person, Shown
from server.console.rendering import Frame, render
from server.db import Connection, Pool
from server.errors import Busy, InternalError, NotAuthenticated, Refusal
from server.guard.arrivals import Environ
from server.guard.noise import Noise, Sender
from server.guard.rating import Rating
from server.people.sealing import Seal
from server.trail.entries import Told, write_entry
from server.watching.exchanges import Watched
from server.web.exchange import EntryFacts, Node

# Another act was in the way: this one is taken back, entered, and may come again.
_MUST_WAIT = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
    psycopg.errors.SerializationFailure,
)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for, by whomever; `path` are the members of the page's rule."""

    request_id: UUID
    now: datetime
    node: Node
    page: DeclaredPage
    path: Mapping[str, str]
    environ: Environ
    language: str

    @property
    def target(self) -> str:
        """Return path and query as the browser sent them."""
        target: str = self.environ.get("RAW_URI") or self.environ["PATH_INFO"]
        return target

    @property
    def own_path(self) -> str:
        """Return the path alone."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """What one process keeps at the door; `trail_pool` is the auditor's."""

    node: Node
    pool: Pool
    trail_pool: Pool | None
    seal: Seal
    noise: Noise
    rating: Rating

    def read_form(self, asked: Asked, binding: bytes) -> dict[str, str]:
        """Return the fields of a form that a page of ours gave this very browser.

        Raises:
            NotAuthenticated: `form_token`: it was not our page's, or another browser's.
            Refusal: it is no form of ours.
        """
        form, token = arriving.read_form(asked.environ, asked.page.form)
        try:
            self.seal.check_form_token(token, binding)
        except NotVerified as error:
            raise NotAuthenticated(error.reason) from error
        return form

    def fail(self, asked: Asked, refusal: Refusal, watched: Watched, sender: Sender | None = None) -> Response:
        """Tell that it failed, and count it: nobody is known, or it leaves no entry of its own."""
        watched.refused_with(refusal)
        self.noise.count(getattr(refusal, "reason", refusal.code), sender)
        return make_refusal(asked, refusal, person=None, csrf_token="").response


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Whose act it is, as its entry tells."""

    organisation: str
    organisation_id: int
    keyid: str | None
    role: Role | None
    purpose: Purpose | None


@dataclass(frozen=True, kw_only=True)
class Made:
    """An answer that is ready to be sent, and SHA-256 over its body."""

    response: Response
    digest: bytes


def attempt(asked: Asked, act: Callable[[], Made]) -> tuple[Made | None, Refusal | None]:
    """Return what `act` made, or why it was refused; nothing unforeseen reaches a person.

    Raises:
        psycopg.OperationalError: the database is not there; nothing can be entered either.
    """
    try:
        return act(), None
    except Refusal as refused:
        return None, refused
    except _MUST_WAIT:
        return None, Busy()
    except psycopg.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge of a request: nothing unforeseen reaches a person
        log.error(  # noqa: TRY400 - a traceback's text could hold what a person sent
            "page_failed",
            request_id=str(asked.request_id),
            error=type(error).__name__,
            at=[f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)],
        )
        return None, InternalError()


def make(answer: Answer, visit: ConsoleVisit | OpenVisit, held: ExitStack) -> Made:
    """Return a view's answer as it will be sent; what must be let go if it is not sent is entered into `held`."""
    if isinstance(answer, Shown):
        body_bytes = render(answer, visit)
        return Made(
            response=responding.page(body_bytes, language=visit.language, status=answer.status),
            digest=sha256(body_bytes).digest(),
        )
    if isinstance(answer, Download):
        kept = held.enter_context(responding.Kept(answer))
        return Made(response=responding.download(kept, answer), digest=kept.digest)
    if isinstance(answer, Moved):
        return Made(response=_moved(answer, visit), digest=sha256(b"").digest())
    response = responding.file(answer.body_bytes, media_type=answer.media_type, headers=tuple(answer.headers.items()))
    return Made(response=response, digest=sha256(answer.body_bytes).digest())


def make_refusal(asked: Asked, refusal: Refusal, *, person: Person | None, csrf_token: str) -> Made:
    """Return the page that tells a person that this was refused."""
    frame = Frame(
        language=asked.language,
        node=asked.node.settings.node,
        path=asked.own_path,
        person=person,
        csrf_token=csrf_token,
        now=asked.now,
    )
    body_bytes, status = refusing.page_of(refusal, frame, request_id=asked.request_id)
    response = responding.page(body_bytes, language=asked.language, status=status)
    response.headers.extend(refusing.fields_of(refusal))
    return Made(response=response, digest=sha256(body_bytes).digest())


def enter(
    db: Connection, asked: Asked, actor: Actor, made: Made, refusal: Refusal | None, *, facts: EntryFacts, action: str
) -> None:
    """Write the entry of a page and commit; its leaf goes with the answer, as a receipt that nobody signed.

    Raises:
        psycopg.Error: it cannot be written: nothing happened, and nothing may be shown.
    """
    told = Told(
        request_id=asked.request_id,
        at=asked.now,
        organisation=actor.organisation,
        organisation_id=actor.organisation_id,
        keyid=actor.keyid,
        role=None if actor.role is None else actor.role.value,
        action=action,
        purpose=None if actor.purpose is None else actor.purpose.value,
        reason=None if refusal is None else getattr(refusal, "reason", refusal.code),
        target=asked.target if refusal is None else to_base64url(sha256(asked.target.encode()).digest()),
        signature_base=None,
        signature=None,
        response_status=made.response.status_code,
        response_digest=made.digest,
    )
    receipt = write_entry(db, asked.node, told, facts, salt=secrets.token_bytes(32))
    made.response.headers.set("Havre-Receipt", receipt)


def _moved(answer: Moved, visit: ConsoleVisit | OpenVisit) -> Response:
    location = answer.location
    if "lang" in visit.query and "lang=" not in location:
        location += f"{'&' if '?' in location else '?'}lang={visit.query['lang']}"
    response = responding.moved(location)
    if answer.session_token is not None:
        responding.give_session(response, answer.session_token)
    if answer.ends_session:
        responding.take_session(response)
    return response
