"""Make HTTP answers: signed ones with a receipt, and the unsigned ones that say "failure" and nothing else."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Self
from uuid import UUID

import orjson
from flask import Response

from crypto.messages import SignedRequest, sign_response
from server.errors import BodyTooLarge, BodyTooSlow, Busy, Refusal, TrailUnavailable
from server.web import problems
from server.web.endpoints import Endpoint
from server.web.exchange import Answer, Node, Page

_QUIET = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_CLOSES_CONNECTION = (BodyTooLarge, BodyTooSlow)


@dataclass(frozen=True, kw_only=True)
class Body:
    """The body of an answer before it is signed: pieces in order, SHA-256 over all of them, and their length."""

    status: int
    media_type: str
    chunks: Iterable[bytes]
    digest: bytes
    length: int


def body_of(endpoint: Endpoint, value: object) -> Body:
    """Return the body that a view's value becomes, by the endpoint's schema and media type."""
    answer = value if isinstance(value, Answer) else Answer(status=endpoint.statuses[0], value=value)
    media_type = answer.media_type or endpoint.media_type
    if answer.chunks is not None and answer.digest is not None and answer.length is not None:
        return Body(
            status=int(answer.status),
            media_type=media_type,
            chunks=answer.chunks,
            digest=answer.digest,
            length=answer.length,
        )
    if answer.chunks is not None:
        chunks = list(answer.chunks)
    elif endpoint.answer is not None:
        chunks = [orjson.dumps(endpoint.answer.dump(answer.value))]
    else:
        raise TypeError("an endpoint answers by a schema or by bytes")
    return _body(int(answer.status), media_type, chunks, digest=answer.digest)


def problem_body(refusal: Refusal, *, node: Node, request_id: UUID) -> Body:
    """Return the body of a refusal."""
    chunk = problems.problem_bytes(refusal, origin_url=node.settings.origin_url, request_id=request_id)
    return _body(problems.STATUS[type(refusal)].value, problems.MEDIA_TYPE, [chunk])


def is_signed(status: int) -> bool:
    """Return whether an answer with this status is signed once its caller is known."""
    return HTTPStatus(status) not in problems.UNSIGNED


def signed_answer(body: Body, *, node: Node, request: SignedRequest, receipt: str, now: datetime) -> Response:
    """Return the signed answer to `request`; `receipt` is the leaf of its entry."""
    headers = sign_response(
        request=request,
        status=body.status,
        content_type=body.media_type,
        body_digest=body.digest,
        receipt=receipt,
        key=node.key,
        keyid=node.keyid,
        created=int(now.timestamp()),
    )
    return _response(body, headers)


def unsigned_answer(body: Body, refusal: Refusal | None = None) -> Response:
    """Return an answer without signature and receipt."""
    headers = {"Content-Type": body.media_type}
    if isinstance(refusal, Busy | TrailUnavailable):
        headers["Retry-After"] = problems.RETRY_AFTER_SECONDS
    # What is left of a body that we do not read must not be taken for the next request.
    if isinstance(refusal, _CLOSES_CONNECTION):
        headers["Connection"] = "close"
    return _response(body, headers)


def keep_until_sent(response: Response, held: ExitStack) -> None:
    """Keep `held` open until the last piece of `response` has gone out, or its peer is gone."""
    if not isinstance(response.response, _Pieces):
        raise TypeError("an answer of the guard is made of pieces")
    response.response.hold(held)


def _response(body: Body, headers: dict[str, str]) -> Response:
    response = Response(_Pieces(body.chunks), status=body.status, direct_passthrough=True)
    response.headers.clear()
    response.headers.extend({**_QUIET, **headers, "Content-Length": str(body.length)})
    return response


class _Pieces:
    """The pieces of an answer in their order; what was held for them is let go after the last, or when it is closed.

    An answer that is passed through as it is has no other end: Werkzeug then never calls what `call_on_close` was told.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = ExitStack()

    def hold(self, held: ExitStack) -> None:
        self._held.push(held)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            self.close()
            raise

    def close(self) -> None:
        """Let go; gunicorn calls this too when the peer is gone."""
        self._held.close()


def _body(status: int, media_type: str, chunks: Sequence[bytes], *, digest: bytes | None = None) -> Body:
    return Body(
        status=status,
        media_type=media_type,
        chunks=chunks,
        digest=_digest(chunks) if digest is None else digest,
        length=sum(map(len, chunks)),
    )


def _digest(chunks: Sequence[bytes]) -> bytes:
    digest = sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def public_answer(value: bytes | Page, *, media_type: str) -> Response:
    """Return the answer of a public endpoint: unsigned, because what matters in it is signed in itself."""
    page = value if isinstance(value, Page) else Page(body_bytes=value, media_type=media_type)
    body = _body(page.status, page.media_type, [page.body_bytes], digest=b"")
    response = unsigned_answer(body)
    response.headers.update(page.headers)
    return response
