"""Refusals: one class per rule, in the words of the rule.

The docstring's first line is the title that partners read; the rest is the page of the code in `docs/problems/`.
Nothing here knows HTTP: `server/web/problems.py` has the one table of status codes. A refusal never carries
what the caller sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class RefusedMember:
    """One thing that a rule refused: the record line (from 0; None: the document about them), where, and why."""

    index: int | None
    pointer: str
    code: str


class Refusal(Exception):
    """An expected answer that says no."""

    code: ClassVar[str]
    refused: tuple[RefusedMember, ...] = ()


class NotAuthenticated(Refusal):
    """The request does not prove who sent it.

    No signature, one of another form, a key that is unknown, revoked, not yet or no longer valid, a clock more than
    60 seconds away, a body other than the signed one, or a nonce used before. All look alike on purpose. Compare your
    clock with the `Date` of the answer, sign anew, and ask `havre doctor`.
    """

    code = "not_authenticated"

    def __init__(self, reason: str) -> None:
        """Keep `reason`, a constant token for the log entry; the caller is not told it."""
        super().__init__(reason)
        self.reason = reason


class RoleNotAllowed(Refusal):
    """No role of this key allows this.

    The key's roles, limited by what the operators admitted, do not include one that this endpoint wants.
    `GET /v1/whoami` shows the roles that are in force.
    """

    code = "role_not_allowed"


class PurposeNotAllowed(Refusal):
    """The declared purpose does not go with this endpoint.

    `Havre-Purpose` must be one of the words that the endpoint's permission names.
    """

    code = "purpose_not_allowed"


class Suspended(Refusal):
    """The organisation is suspended.

    Until two operators lift it, only `GET /v1/whoami` and its own statement are open to it.
    Its records stand as last signed.
    """

    code = "suspended"


class NotFound(Refusal):
    """There is nothing here that this caller may see.

    Unknown and hidden answer alike.
    """

    code = "not_found"


class MethodNotAllowed(Refusal):
    """This path does not answer to this method.

    HEAD and OPTIONS are refused everywhere: they have no signed form.
    """

    code = "method_not_allowed"


class WrongHost(Refusal):
    """The request was sent to another host than this node's.

    The `Host` must be the one of the node's `origin_url`, which is also what requests sign.
    """

    code = "wrong_host"


class MalformedRequest(Refusal):
    """This is not a request that can be read in one way only.

    Its line, header fields or framing are malformed or could be read in two ways: a length and a transfer coding,
    two hosts, a target that is not in origin form. The connection was closed.
    """

    code = "malformed_request"


class BodyTooSlow(Refusal):
    """The request did not arrive in time, or not whole.

    The head has 10 seconds, the body 30 seconds in all. The connection was closed.
    """

    code = "body_too_slow"


class BodyTooLarge(Refusal):
    """The body or a part of it is larger than the limit.

    The limits stand in `GET /v1/whoami` and `docs/protocol.md`.
    """

    code = "too_large"


class HeadersTooLarge(Refusal):
    """The header fields are larger than 8 KiB together."""

    code = "headers_too_large"


class UnsupportedMediaType(Refusal):
    """The body is of another media type than this endpoint takes, or compressed."""

    code = "unsupported_media_type"


class MalformedBody(Refusal):
    """The body is not of the form that this endpoint takes.

    Not JSON, not newline-delimited JSON, not the exact line profile, repeated names, floats, or lines in the wrong
    order.
    """

    code = "malformed_body"


class BadQuery(Refusal):
    """A query parameter is unknown, repeated, or not of its form."""

    code = "bad_query"


class ExportTooLarge(Refusal):
    """The filter names more entries than one export holds, 500,000.

    Ask for parts of the time, with `since` and `until`.
    """

    code = "export_too_large"


class BadCursor(Refusal):
    """This cursor is not one that this node gave for this organisation, purpose and filter.

    Begin without `after`; the feed repeats what you hold and the SDK drops it.
    """

    code = "bad_cursor"


class RestartFeed(Refusal):
    """This cursor is of an older epoch of the node's log: read the feed again from its start.

    The node was put back from a backup. Send your own batches of the last 35 days again, each as it was signed; then
    begin without `after`. The feed repeats what you hold and the SDK drops it; the SDK does all of this by itself.
    """

    code = "restart_feed"


class NotOrigin(Refusal):
    """A batch is pushed by its origin alone, to the origin's home node.

    The manifest's `iss` must be the organisation that signed the request.
    """

    code = "not_origin"


class BatchIdTaken(Refusal):
    """Another batch of this origin has this id.

    The same (iss, jti) came with a different manifest. Sign with a new id.
    """

    code = "batch_id_taken"


class RecordsRefused(Refusal):
    """Some records, or the manifest, break a rule; nothing of the batch was stored.

    `refused` lists every one: `index` counts record lines from 0 (null: the manifest), `pointer` leads to the member,
    `code` names the rule. Drop or mend those, sign a new batch and send it.
    """

    code = "records_refused"

    def __init__(self, refused: list[RefusedMember]) -> None:
        super().__init__(self.code)
        self.refused = tuple(refused)


class DocumentRefused(Refusal):
    """A signed document breaks a rule; nothing was stored.

    `refused` says where, by pointers into the document's claims.
    """

    code = "document_refused"

    def __init__(self, refused: list[RefusedMember]) -> None:
        super().__init__(self.code)
        self.refused = tuple(refused)


class DocumentStale(Refusal):
    """A newer document already stands.

    A statement's `seq` follows the last one by one and names it in `prev`; an approval older than the last change of
    status counts no more.
    """

    code = "document_stale"


class ApprovalUsed(Refusal):
    """This approval was handed in before."""

    code = "approval_used"


class CheckpointNotSigned(Refusal):
    """No key that this witness knows for the log has signed the checkpoint, or one of its signatures is broken.

    The witness knows a log by the key that its operator was given (`havre-node witness watch`). A new epoch of a log,
    or a new key, is another log until its operator says otherwise.
    """

    code = "checkpoint_not_signed"


class CheckpointConflicts(Refusal):
    """The log has signed another checkpoint of the same size before.

    Two checkpoints of one size with two roots are two histories: the witness keeps both, and cosigns neither again.
    """

    code = "checkpoint_conflicts"


class ConsistencyNotProven(Refusal):
    """The proof does not lead from the checkpoint that this witness knows to the new one.

    The consistency path is that of RFC 9162 §2.1.4 from the old size to the new one, and empty where the old size is 0
    or both are the same.
    """

    code = "consistency_not_proven"


class TooManyPending(Refusal):
    """Too many statements wait for the operators.

    At most 3 a name and 100 newcomers in all; a member's own wait apart, 3 at most. One that nobody approved goes after
    14 days, or when newcomers fill the places.
    """

    code = "too_many_pending"


class TooManyRequests(Refusal):
    """This key, or its organisation, asks too often; try again after the time in `Retry-After`.

    `RateLimit-Policy` says how many requests of this class there are, and within how many seconds; `GET /v1/whoami`
    tells all of them. What was asked for did not happen. Sign anew when you try again.
    """

    code = "too_many_requests"

    def __init__(self, *, retry_after_seconds: int, fields: Mapping[str, str]) -> None:
        """Keep after how many seconds there is a token again, and what the answer's fields say of the rate."""
        super().__init__(self.code)
        self.retry_after_seconds = retry_after_seconds
        self.fields = fields


class Busy(Refusal):
    """The node is busy; try again after the time in `Retry-After`."""

    code = "busy"


class NotReady(Refusal):
    """This node does not serve now.

    Its operator finds the reason in the node's log and in `havre-node status`.
    """

    code = "not_ready"


class TrailUnavailable(Refusal):
    """The access trail cannot be written, so nothing is served.

    No entry, no answer. What was asked for did not happen.
    """

    code = "trail_unavailable"


class InternalError(Refusal):
    """Something happened that this node did not foresee.

    What was asked for did not happen. The operator finds the details under the `request_id`.
    """

    code = "internal_error"


def every_refusal() -> list[type[Refusal]]:
    """Return all refusals, by code."""
    return sorted(Refusal.__subclasses__(), key=lambda refusal: refusal.code)
