"""Prove who signed a request, before any transaction: signature, clock, raw body.

A request fails here in two ways. Where no known key signed it, it is refused without an entry of its own. Where a known
key did, it goes on with its refusal, because whatever such a key does is entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import BoundedSemaphore
from uuid import UUID

from crypto.encoding import from_base64url
from crypto.keys import PublicKey, public_key_from_bytes
from crypto.messages import SignedRequest, verify_body, verify_request
from crypto.refusals import NotVerified
from server.db import Pool
from server.errors import Busy, NotAuthenticated, Refusal
from server.guard import store
from server.guard.arrivals import Arrival, Environ, read_arrival, read_body
from server.guard.noise import Sender
from server.guard.rating import Asker, Rating, member, newcomer
from server.web.endpoints import Endpoint, Identified
from server.web.exchange import Node

_KEYS_REMEMBERED = 4096
# Anybody may drip such a body for half a minute: they take some of a process's threads, never all.
_STRANGERS_AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Proven:
    """A request that a key did sign. With `refusal` it goes no further than its entry.

    `asker` is whose rate it takes from: None if it is stale, since then anybody may have sent it. `sender` is None
    where no member signed it.
    """

    request_id: UUID
    endpoint: Endpoint
    arrival: Arrival
    identified: Identified | None = None
    body_bytes: bytes = b""
    refusal: Refusal | None = None
    asker: Asker | None = None
    sender: Sender | None = None

    @property
    def request(self) -> SignedRequest:
        """Return the request as it was signed."""
        return self.arrival.request


class Prover:
    """Remembers the bytes of keys it has seen: a thumbprint never changes its key, whatever becomes of its validity."""

    def __init__(self, node: Node, pool: Pool, rating: Rating) -> None:
        self._node = node
        self._pool = pool
        self._rating = rating
        self._keys: dict[tuple[str, str], tuple[PublicKey, int]] = {}
        self._strangers = BoundedSemaphore(_STRANGERS_AT_ONCE)

    def prove(self, endpoint: Endpoint, request_id: UUID, environ: Environ, path: Mapping[str, str]) -> Proven:
        """Return the proven request.

        Raises:
            Refusal: no known key signed it; nothing is entered.
        """
        arrival = read_arrival(environ, self._node.settings)
        arrived = int(datetime.now(UTC).timestamp())
        if endpoint.identify is not None:
            return self._prove_by_body(endpoint, request_id, arrival, arrived, environ, path)
        request = arrival.request
        refusal: Refusal | None = None
        asker: Asker | None = None
        sender: Sender | None = None
        body_bytes = b""
        try:
            key, organisation_id = self._known_key(request)
            verify_request(request, key=key, now=arrived)
        except NotVerified as error:
            if error.reason != "stale":
                raise NotAuthenticated(error.reason) from error
            refusal = NotAuthenticated(error.reason)
        else:
            sender = Sender(organisation=request.organisation, organisation_id=organisation_id, keyid=request.keyid)
            asker = member(endpoint.permission, endpoint.method, organisation=request.organisation, keyid=request.keyid)
            try:
                # Before the body is read: what will be refused is not waited for.
                self._rating.check(asker)
                # A digest of nothing would carry a content type of the caller's own words into the log.
                if endpoint.body is None and request.content_digest is not None:
                    raise NotAuthenticated("coverage")
                body_bytes = read_body(environ, endpoint.body)
                verify_body(request, body_bytes)
            except NotVerified:
                refusal = NotAuthenticated("body_altered")
            except Refusal as refused:
                refusal = refused
        return Proven(
            request_id=request_id,
            endpoint=endpoint,
            arrival=arrival,
            body_bytes=body_bytes,
            refusal=refusal,
            asker=asker,
            sender=sender,
        )

    def _prove_by_body(  # noqa: PLR0917 - the six are what one request consists of
        self,
        endpoint: Endpoint,
        request_id: UUID,
        arrival: Arrival,
        arrived: int,
        environ: Environ,
        path: Mapping[str, str],
    ) -> Proven:
        """Judge the document first: it names the key that must have signed. What fails before that is unsigned."""
        if endpoint.identify is None:
            raise TypeError("this endpoint is not identified by its body")
        request = arrival.request
        if not self._strangers.acquire(blocking=False):
            raise Busy
        try:
            body_bytes = read_body(environ, endpoint.body)
        finally:
            self._strangers.release()
        try:
            verify_body(request, body_bytes)
            with self._pool.connection() as db:
                identified = endpoint.identify(
                    db=db, node=self._node, request=request, body_bytes=body_bytes, path=path
                )
            verify_request(request, key=identified.key, now=arrived)
        except NotVerified as error:
            raise NotAuthenticated(error.reason) from error
        caller = identified.caller
        if caller.organisation_id is None:
            sender, asker = None, newcomer(keyid=request.keyid)
        else:
            sender = Sender(
                organisation=caller.organisation, organisation_id=caller.organisation_id, keyid=request.keyid
            )
            asker = member(endpoint.permission, endpoint.method, organisation=caller.organisation, keyid=request.keyid)
        return Proven(
            request_id=request_id,
            endpoint=endpoint,
            arrival=arrival,
            identified=identified,
            body_bytes=body_bytes,
            asker=asker,
            sender=sender,
        )

    def _known_key(self, request: SignedRequest) -> tuple[PublicKey, int]:
        name = (request.organisation, request.thumbprint)
        known = self._keys.get(name)
        if known is None:
            with self._pool.connection() as db:
                found = store.known_key(
                    db, thumbprint=from_base64url(request.thumbprint, length=32), organisation=request.organisation
                )
            if found is None:
                raise NotAuthenticated("unknown_key")
            known = (public_key_from_bytes(found.x), found.organisation_id)
            if len(self._keys) >= _KEYS_REMEMBERED:
                self._keys.clear()
            self._keys[name] = known
        return known
