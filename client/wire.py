"""Send signed requests to one node and believe only answers that its key has signed.

- Every attempt is signed anew, with a new nonce: a retry is never a replay.
- A 2xx needs signature and receipt; any other signed answer is a problem; an unsigned one says "failure" and nothing
  else.
- Bodies are read up to a bound, raw: a content coding would be another body than the signed one; and until a deadline,
  which a node that sends byte by byte cannot move.
- Nothing of the environment counts (`.netrc`, proxies): a proxy is the user's own setting.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

import httpx2
import stamina
from marshmallow import ValidationError

from client.answer import Answer
from client.clock import Source
from client.deadline import Deadline
from client.failures import Failure, NotAuthenticated, NotVerified, Refused, Unreachable
from crypto import refusals
from crypto.canonical import NotCanonical, parse_json
from crypto.encoding import to_base64url
from crypto.keys import PrivateKey, PublicKey, keyid
from crypto.messages import SignedRequest, read_request, sign_request, verify_response
from schemas.fields import WireSchema
from schemas.problems import ProblemDetails, ProblemSchema

NDJSON = "application/x-ndjson"
JSON = "application/json"
PROBLEM = "application/problem+json"

_MAX_ANSWER_BYTES = 24 * 1024 * 1024  # a page is at most 16 MiB, but for one batch that is larger
_MAX_FILE_BYTES = 64 * 1024 * 1024 * 1024
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_SECONDS = 30  # between attempts of one act; what is told to wait for longer fails
_LONGEST_TOLD_SECONDS = 3600
_WAIT_DIGITS = 9
_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)

KeyOfNode = Callable[[str, datetime], PublicKey]
"""Return the node's key that a keyid names, held for use `node` at a moment; raises `NotVerified`."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to try again: attempts in all, and seconds in all; `answer_seconds`: how long one attempt may take."""

    attempts: int = 6
    seconds: float = 60.0
    answer_seconds: float = 300.0


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who signs: an organisation and its exchange key."""

    organisation: str
    key: PrivateKey

    @property
    def keyid(self) -> str:
        """Return `<organisation>/<thumbprint>`."""
        return keyid(self.organisation, self.key.thumbprint)


@dataclass(frozen=True, kw_only=True)
class _Raw:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    body_digest: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


class Wire:
    """A connection to the node at `origin_url` (lower-case, no path), by the `proxy` at that URL where there is one."""

    def __init__(
        self,
        *,
        origin_url: str,
        source: Source,
        patience: Patience | None = None,
        transport: httpx2.BaseTransport | None = None,
        proxy: str | None = None,
    ) -> None:
        self.origin_url = origin_url
        self.source = source
        self._patience = patience or Patience()
        self._deadline = Deadline(seconds=self._patience.answer_seconds)
        self._client = httpx2.Client(
            transport=transport,
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            proxy=proxy,
            headers={"User-Agent": "havre", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def read_public(self, target: str, schema: WireSchema) -> Any:
        """Return what a public path gives, loaded by `schema`; what matters in it is signed in itself.

        Raises:
            Unreachable: no 200.
            NotVerified: `answer_form`.
        """
        return load(schema, self.read_public_bytes(target))

    def read_public_bytes(self, target: str) -> bytes:
        """Return the body that a public path gives now, as it is: what a cache on the way kept does not count.

        Raises:
            Unreachable: no 200; `status` says what else.
        """
        raw: _Raw = self._patiently(lambda: self._send("GET", target, {"Cache-Control": "no-cache"}, None))
        if raw.status != httpx2.codes.OK:
            raise Unreachable("unsigned_refusal", status=raw.status)
        return raw.body

    def exchange(
        self,
        *,
        identity: Identity,
        key_of_node: KeyOfNode,
        method: str,
        target: str,
        purpose: str,
        body: bytes | None = None,
        content_type: str | None = None,
        into: BinaryIO | None = None,
    ) -> Answer:
        """Return the verified good answer to a signed request.

        With `into` the body of a 200 is written there as it comes, and the answer's is empty; what is in the file is to
        be believed only once this returns.

        Raises:
            NotAuthenticated: 401.
            Refused: a signed problem.
            Unreachable: no connection, or an unsigned refusal.
            NotVerified: an answer that the node's key did not sign for this request, or a 2xx without receipt.
        """
        target_uri = self.origin_url + target

        def attempt() -> tuple[SignedRequest, _Raw]:
            headers = sign_request(
                method=method,
                target_uri=target_uri,
                purpose=purpose,
                body=body,
                content_type=content_type,
                key=identity.key,
                keyid=identity.keyid,
                created=self.source.seconds(),
                nonce=self.source.nonce(),
            )
            request = read_request(method=method, target_uri=target_uri, headers=list(headers.items()))
            return request, self._send(method, target, headers, body, into)

        request, raw = self._patiently(attempt)
        return self._judge(request, raw, key_of_node)

    def _patiently(self, attempt: Callable[[], Any]) -> Any:
        for one in stamina.retry_context(
            on=_wait_after,
            attempts=self._patience.attempts,
            timeout=self._patience.seconds,
        ):
            with one:
                return attempt()
        raise Unreachable("no_answer")

    def _send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, into: BinaryIO | None = None
    ) -> _Raw:
        request = self._client.build_request(
            method,
            self.origin_url + target,
            headers=dict(headers),
            content=body,
            extensions={"trace": self._deadline.watch},
        )
        if request.url.raw_path != target.encode("ascii"):
            # The HTTP library would send another target than the signed one.
            raise NotVerified("target")
        try:
            with self._deadline:
                raw = self._read(request, into)
        except httpx2.HTTPError as error:
            raise Unreachable("no_connection") from error
        if raw.status in _RETRIED:
            raise Unreachable("unsigned_refusal", status=raw.status, retry_after_seconds=_retry_after(raw))
        return raw

    def _read(self, request: httpx2.Request, into: BinaryIO | None) -> _Raw:
        answer = self._client.send(request, stream=True)
        file = into if into is not None and answer.status_code == httpx2.codes.OK else BytesIO()
        most = _MAX_ANSWER_BYTES if file is not into else _MAX_FILE_BYTES
        try:
            file.seek(0)
            file.truncate()
            digest, length = sha256(), 0
            for piece in answer.iter_raw():
                length += len(piece)
                if length > most:
                    raise NotVerified("answer_too_long")
                digest.update(piece)
                file.write(piece)
            headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers.raw]
            body = file.getvalue() if isinstance(file, BytesIO) and file is not into else b""
            return _Raw(status=answer.status_code, headers=headers, body=body, body_digest=digest.digest())
        finally:
            answer.close()

    def _judge(self, request: SignedRequest, raw: _Raw, key_of_node: KeyOfNode) -> Answer:
        if raw.status == httpx2.codes.UNAUTHORIZED:
            raise NotAuthenticated(clock_difference_seconds=self._clock_difference(raw), keyid=request.keyid)
        is_good = 200 <= raw.status < 300  # noqa: PLR2004 - RFC 9110 §15
        if raw.header("signature") is None:
            if is_good:
                raise NotVerified("answer_not_signed")
            raise Unreachable("unsigned_refusal", status=raw.status)
        now = self.source.now()
        body_digest = raw.body_digest
        named = _keyid_of(raw)
        try:
            verified = verify_response(
                request=request,
                status=raw.status,
                headers=raw.headers,
                body=None,
                body_digest=body_digest,
                key=key_of_node(named, now),
                keyid=named,
                now=int(now.timestamp()),
            )
        except refusals.NotVerified as error:
            raise NotVerified(f"answer_{error.reason}") from error
        if verified.receipt is None and is_good:
            raise NotVerified("answer_without_receipt")
        answer = Answer(
            request=request,
            status=raw.status,
            content_type=verified.content_type,
            body=raw.body,
            body_sha256=to_base64url(body_digest),
            receipt=verified.receipt or "",
            created=verified.created,
            signature_input=raw.header("signature-input") or "",
            signature=raw.header("signature") or "",
        )
        if not is_good:
            raise _refused(answer)
        return answer

    def _clock_difference(self, raw: _Raw) -> int | None:
        text = raw.header("date")
        if text is None:
            return None
        try:
            return int(parsedate_to_datetime(text).timestamp()) - self.source.seconds()
        except ValueError:
            return None


def load(schema: WireSchema, body: bytes) -> Any:
    """Return a JSON body loaded by its schema.

    Raises:
        NotVerified: `answer_form`.
    """
    try:
        return schema.load(parse_json(body))
    except (NotCanonical, ValidationError) as error:
        raise NotVerified("answer_form") from error


def _keyid_of(raw: _Raw) -> str:
    """Return the keyid that an answer says it is signed by, proven by nothing yet."""
    parameters = raw.header("signature-input") or ""
    return parameters.partition('keyid="')[2].partition('"')[0]


def _refused(answer: Answer) -> Failure:
    problem: ProblemDetails = load(ProblemSchema(), answer.body)
    return Refused(
        problem.code,
        status=answer.status,
        request_id=problem.request_id,
        refused=problem.refused or (),
        answer=answer,
    )


def _retry_after(raw: _Raw) -> int | None:
    text = raw.header("retry-after")
    if text is None or not text.isdecimal():
        return None
    # Thousands of digits are a wait like any long one, and no number to parse.
    return min(int(text[:_WAIT_DIGITS]), _LONGEST_TOLD_SECONDS)


def _wait_after(error: Exception) -> bool | float:
    """Return whether to try again, or after how many seconds."""
    if not isinstance(error, Unreachable):
        return False
    told = error.retry_after_seconds
    if told is not None and told > _LONGEST_WAIT_SECONDS:
        return False
    return True if told is None else float(told)
