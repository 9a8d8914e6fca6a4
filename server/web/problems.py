"""Turn refusals into `application/problem+json` (RFC 9457), by the one table of status codes.

Nothing that a caller sent is repeated: a problem is made of the refusal's class, the request id, and coded pointers.
"""

from http import HTTPStatus
from uuid import UUID

import orjson

from server import errors
from server.errors import Refusal

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[Refusal], HTTPStatus] = {
    errors.MalformedRequest: HTTPStatus.BAD_REQUEST,
    errors.MalformedBody: HTTPStatus.BAD_REQUEST,
    errors.BadQuery: HTTPStatus.BAD_REQUEST,
    errors.BadCursor: HTTPStatus.BAD_REQUEST,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.RoleNotAllowed: HTTPStatus.FORBIDDEN,
    errors.PurposeNotAllowed: HTTPStatus.FORBIDDEN,
    errors.Suspended: HTTPStatus.FORBIDDEN,
    errors.NotOrigin: HTTPStatus.FORBIDDEN,
    errors.CheckpointNotSigned: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.BatchIdTaken: HTTPStatus.CONFLICT,
    errors.DocumentStale: HTTPStatus.CONFLICT,
    errors.ApprovalUsed: HTTPStatus.CONFLICT,
    errors.TooManyPending: HTTPStatus.CONFLICT,
    errors.CheckpointConflicts: HTTPStatus.CONFLICT,
    errors.RestartFeed: HTTPStatus.GONE,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.WrongHost: HTTPStatus.MISDIRECTED_REQUEST,
    errors.RecordsRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DocumentRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ExportTooLarge: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ConsistencyNotProven: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TrailUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

# These say "failure" and nothing else: no signature, no receipt, even where an entry was made.
UNSIGNED = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.MISDIRECTED_REQUEST,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)

# What any endpoint behind the guard may answer, besides the refusals that it declares.
EVERYWHERE: tuple[type[Refusal], ...] = (
    errors.BadQuery,
    errors.BodyTooLarge,
    errors.BodyTooSlow,
    errors.Busy,
    errors.HeadersTooLarge,
    errors.InternalError,
    errors.MalformedRequest,
    errors.MethodNotAllowed,
    errors.NotAuthenticated,
    errors.NotReady,
    errors.PurposeNotAllowed,
    errors.RoleNotAllowed,
    errors.Suspended,
    errors.TooManyRequests,
    errors.TrailUnavailable,
    errors.UnsupportedMediaType,
    errors.WrongHost,
)

RETRY_AFTER_SECONDS = "2"


def title_of(refusal: type[Refusal]) -> str:
    """Return the title that partners read: the first line of the class's docstring."""
    return (refusal.__doc__ or "").strip().splitlines()[0]


def problem_bytes(refusal: Refusal, *, origin_url: str, request_id: UUID) -> bytes:
    """Return the body of the answer to `refusal`, canonical JSON."""
    kind = type(refusal)
    members: dict[str, object] = {
        "type": f"{origin_url}/problems/{kind.code}",
        "title": title_of(kind),
        "status": STATUS[kind].value,
        "code": kind.code,
        "request_id": str(request_id),
    }
    if refusal.refused:
        members["refused"] = [
            {"index": member.index, "pointer": member.pointer, "code": member.code} for member in refusal.refused
        ]
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
