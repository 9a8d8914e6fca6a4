"""Let an exchange through, or refuse it; either way by the same steps, in one transaction.

1. the signature and the raw body, before any transaction (`proving`);
2. the nonce claimed, the key and its organisation as they stand, role and purpose;
3. the act, behind a savepoint: a refusal takes the act back and keeps the nonce;
4. the entry, then commit, then the first byte of the answer. No entry, no answer.

Where a key asks too often, or no known key signed, nothing but a refusal is served, and it is counted (`noise`).
"""

import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from traceback import extract_tb
from uuid import UUID

import psycopg
import structlog
from flask import Response

from crypto.encoding import from_base64url, to_base64url
from crypto.identifiers import uuid7
from server.access import Purpose
from server.db import Connection, Pool
from server.errors import (
    Busy,
    InternalError,
    NotAuthenticated,
    Refusal,
    Suspended,
    TooManyRequests,
    TrailUnavailable,
)
from server.guard import answers, store
from server.guard.answers import Body
from server.guard.arrivals import Environ, check_host, check_path
from server.guard.noise import Noise, Sender
from server.guard.proving import Proven, Prover
from server.guard.queries import read_query
from server.guard.rating import NEWCOMERS, Asker, Rating, Taken
from server.guard.standing import REPLAYED, caller_of, judge_access, judge_standing
from server.trail.entries import Told, write_entry
from server.watching.exchanges import Watched, turned_away
from server.watching.tracing import span
from server.web.endpoints import Endpoint
from server.web.exchange import Caller, EntryFacts, Exchange, Node

_NONCE_KEPT = timedelta(seconds=180)
_PURPOSES = frozenset(Purpose)
# Another exchange was in the way: this one is taken back, entered, and may come again.
_MUST_WAIT = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
    psycopg.errors.SerializationFailure,
)

log = structlog.get_logger()


@dataclass(kw_only=True)
class _Act:
    """What is known of an act while it runs: enough for its entry, however it ends.

    `judged_at` is the moment by which it was judged what the caller may have.
    """

    facts: EntryFacts
    until_sent: ExitStack
    judged_at: datetime | None = None
    taken: Taken | None = None
    caller: Caller | None = None
    role: str | None = None


class Guard:
    """The door of one process."""

    def __init__(self, node: Node, pool: Pool) -> None:
        self._node = node
        self._pool = pool
        self._noise = Noise(node, pool)
        self._rating = Rating(node.settings.rates)
        self._prover = Prover(node, pool, self._rating)

    def serve(self, endpoint: Endpoint, environ: Environ, path: Mapping[str, str]) -> Response:
        """Answer one request to `endpoint`; `path` are the members of its rule."""
        with Watched(request_id=new_request_id(), action=endpoint.permission.value) as watched:
            response = self._answer(endpoint, environ, path, watched)
            watched.status = response.status_code
            return response

    def refuse(self, refusal: Refusal, request_id: UUID) -> Response:
        """Answer a request to no endpoint behind the guard with an unsigned problem, and tell operators."""
        turned_away(request_id, code=refusal.code)
        self._noise.count(refusal.code)
        return self._unsigned(refusal, request_id)

    def take(self, subject: str) -> None:
        """Take of the rate of `subject`, who signed what came to no endpoint behind the guard.

        Raises:
            TooManyRequests: there is none before its time.
            Busy: the database is asked by others for too long.
        """
        asker = Asker(act="other", organisation=subject, keyid=subject)
        self._rating.check(asker)
        with self._pool.connection() as db:
            self._rating.take(db, asker)

    def _answer(self, endpoint: Endpoint, environ: Environ, path: Mapping[str, str], watched: Watched) -> Response:
        request_id = watched.request_id
        try:
            check_host(environ, self._node.settings)
            proven = self._prover.prove(endpoint, request_id, environ, path)
            if isinstance(proven.refusal, TooManyRequests):
                return self._fail(proven.refusal, watched, proven.sender)
            with ExitStack() as until_sent:
                response = self._exchange(proven, until_sent, environ, path, watched)
                answers.keep_until_sent(response, until_sent.pop_all())
                return response
        except Refusal as refusal:
            return self._fail(refusal, watched)
        except psycopg.OperationalError:
            log.warning("database_unreachable", request_id=str(request_id))
            return self._fail(Busy(), watched)
        except psycopg.Error as error:
            log.error(  # noqa: TRY400 - the text of a database error may hold values
                "trail_unavailable", request_id=str(request_id), error=type(error).__name__
            )
            return self._fail(TrailUnavailable(), watched)

    def _fail(self, refusal: Refusal, watched: Watched, sender: Sender | None = None) -> Response:
        """Answer with an unsigned problem, and count it: it failed before its caller was known, or left no entry."""
        watched.refused_with(refusal)
        self._noise.count(getattr(refusal, "reason", refusal.code), sender)
        return self._unsigned(refusal, watched.request_id)

    def _unsigned(self, refusal: Refusal, request_id: UUID) -> Response:
        body = answers.problem_body(refusal, node=self._node, request_id=request_id)
        response = answers.unsigned_answer(body, refusal)
        if isinstance(refusal, TooManyRequests):
            response.headers.extend({"Retry-After": str(refusal.retry_after_seconds), **refusal.fields})
        return response

    def _exchange(
        self, proven: Proven, until_sent: ExitStack, environ: Environ, path: Mapping[str, str], watched: Watched
    ) -> Response:
        """Take of the caller's rate, in a transaction of its own, and run the act's."""
        act = _Act(facts=EntryFacts(), until_sent=until_sent)
        with span("exchange_transaction"), self._pool.connection() as db:
            if proven.asker is not None:
                try:
                    act.taken = self._rating.take(db, proven.asker)
                except TooManyRequests as too_many:
                    return self._fail(too_many, watched, proven.sender)
            body, refusal, receipt = self._transact(db, proven, act, environ, path)
            watched.entered(act.caller, refusal=refusal, records=act.facts.records)
        if refusal is not None and receipt is None:
            return self._fail(refusal, watched, _sender(act.caller))
        if receipt is None or not answers.is_signed(body.status):
            return answers.unsigned_answer(body, refusal)
        response = answers.signed_answer(
            body, node=self._node, request=proven.request, receipt=receipt, now=datetime.now(UTC)
        )
        if act.taken is not None:
            # Advice, outside the signature.
            response.headers.extend(act.taken.fields)
        return response

    def _transact(
        self, db: Connection, proven: Proven, act: _Act, environ: Environ, path: Mapping[str, str]
    ) -> tuple[Body, Refusal | None, str | None]:
        """Run the transaction and return what it answers with, and its receipt, None where it has no entry.

        A database error out of here means that nothing was committed and nothing is served.
        """
        refusal: Refusal | None = None
        try:
            body = self._attempt(db, proven, act, environ, path)
        except Refusal as refused:
            refusal = refused
        except _MUST_WAIT:
            refusal = Busy()
        except psycopg.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a request: nothing unforeseen reaches a caller
            log.error(  # noqa: TRY400 - a traceback's text could hold what the caller sent
                "request_failed",
                request_id=str(proven.request_id),
                error=type(error).__name__,
                at=[f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)],
            )
            refusal = InternalError()
        if refusal is not None:
            db.execute("ROLLBACK TO SAVEPOINT act")
            act.facts = EntryFacts()
            unentered = self._without_entry(db, act, refusal)
            refusal = unentered or refusal
            body = answers.problem_body(refusal, node=self._node, request_id=proven.request_id)
            if unentered is not None:
                return body, refusal, None
        return body, refusal, self._enter(db, proven, act, body, refusal)

    def _without_entry(self, db: Connection, act: _Act, refusal: Refusal) -> Refusal | None:
        """Return what to answer if this refusal gets no entry, because its key has had its share of such entries.

        Who sends a captured request again can so neither fill the trail nor use up the rate of its signer.
        """
        if act.caller is None or not isinstance(refusal, NotAuthenticated | Suspended):
            return None
        if getattr(refusal, "reason", None) == REPLAYED and act.taken is not None:
            act.taken.give_back()
        organisation = NEWCOMERS if act.caller.organisation_id is None else act.caller.organisation
        try:
            self._rating.take_for_refusal(db, organisation=organisation, keyid=act.caller.keyid)
        except TooManyRequests as too_many:
            if isinstance(refusal, NotAuthenticated):
                # All of these look alike; the nonce stays used.
                return refusal
            db.rollback()
            return too_many
        return None

    def _attempt(self, db: Connection, proven: Proven, act: _Act, environ: Environ, path: Mapping[str, str]) -> Body:
        endpoint = proven.endpoint
        caller = self._claim(db, proven, act)
        if proven.refusal is not None:
            raise proven.refusal
        role, purpose = judge_access(caller, endpoint.permission, proven.request.purpose)
        act.role = None if role is None else role.value
        check_path(path)
        act.judged_at = datetime.now(UTC)
        exchange = Exchange(
            request_id=proven.request_id,
            now=act.judged_at,
            node=self._node,
            db=db,
            request=proven.request,
            caller=caller,
            role=role,
            purpose=purpose,
            body_bytes=proven.body_bytes,
            query=read_query(environ.get("QUERY_STRING", ""), endpoint.query),
            facts=act.facts,
            until_sent=act.until_sent,
        )
        return answers.body_of(endpoint, endpoint.view(exchange, **path))

    def _claim(self, db: Connection, proven: Proven, act: _Act) -> Caller:
        """Claim the nonce and return the caller; whoever it is, it is known to the entry from here on."""
        request = proven.request
        now = datetime.now(UTC)
        thumbprint = from_base64url(request.thumbprint, length=32)
        nonce = from_base64url(request.nonce, length=16)
        claim: store.Claim = {
            "thumbprint": thumbprint,
            "nonce": nonce,
            "lock": int.from_bytes(sha256(thumbprint + nonce).digest()[:8], signed=True),
            "expires_at": now + _NONCE_KEPT,
        }
        if proven.identified is not None:
            act.caller = proven.identified.caller
            if not store.claim_nonce(db, claim):
                raise NotAuthenticated(REPLAYED)
            return act.caller
        standing = store.claim(db, claim)
        act.caller = caller_of(standing, keyid=request.keyid)
        judge_standing(standing, now=now)
        return act.caller

    def _enter(self, db: Connection, proven: Proven, act: _Act, body: Body, refusal: Refusal | None) -> str:
        if act.caller is None:
            raise TrailUnavailable
        request, is_refused = proven.request, refusal is not None
        told = Told(
            request_id=proven.request_id,
            # What had expired then was not served, and what expires while it is written was.
            at=act.judged_at or datetime.now(UTC),
            organisation=act.caller.organisation,
            organisation_id=act.caller.organisation_id,
            keyid=act.caller.keyid,
            role=act.role,
            action=proven.endpoint.permission.value,
            # A purpose that is no word of ours is what a caller sent: it is not repeated.
            purpose=request.purpose if request.purpose in _PURPOSES else None,
            reason=None if refusal is None else getattr(refusal, "reason", refusal.code),
            target=_digest_text(proven.arrival.target) if is_refused else proven.arrival.target,
            signature_base=_digest_text(request.base.decode()) if is_refused else request.base.decode(),
            signature=to_base64url(request.signature),
            response_status=body.status,
            response_digest=body.digest,
        )
        return write_entry(db, self._node, told, act.facts, salt=secrets.token_bytes(32))


def new_request_id() -> UUID:
    """Return a fresh UUIDv7; it is the entry's id too."""
    return uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))


def _sender(caller: Caller | None) -> Sender | None:
    if caller is None or caller.organisation_id is None:
        return None
    return Sender(organisation=caller.organisation, organisation_id=caller.organisation_id, keyid=caller.keyid)


def _digest_text(text: str) -> str:
    return to_base64url(sha256(text.encode()).digest())
