"""Failures in plain words: what is wrong, and what to do; in the language that is spoken."""

from client.failures import (
    Failure,
    NodeRootDiffers,
    NotAuthenticated,
    NotConfigured,
    NotVerified,
    Refused,
    RootChanged,
    Unreachable,
)
from client.words import checkpoints, failing
from client.words.refusing import explain

_NOTED_SECONDS = 30


def words_of(failure: Failure) -> str:
    """Return what a person is told about a failure."""
    if isinstance(failure, RootChanged):
        pinned = failure.pinned if isinstance(failure, NodeRootDiffers) else None
        words = failing.ROOT_CHANGED if pinned is None else failing.NODE_ROOT_DIFFERS
        return words(about=failure.about, thumbprint=failure.thumbprint, pinned=pinned)
    if isinstance(failure, NotAuthenticated):
        return _not_authenticated(failure)
    if isinstance(failure, Unreachable):
        words = failing.NO_USABLE_ANSWER if failure.status is None else failing.NO_USABLE_STATUS
        return words(status=failure.status)
    if isinstance(failure, Refused):
        return _refused(failure)
    return _unproven_or_missing(failure)


def _refused(failure: Refused) -> str:
    words = failing.REFUSED.get(failure.code, failing.NODE_REFUSED)()
    words += failing.REFUSED_HOW(code=failure.code, request_id=failure.request_id)
    if failure.answer is not None:
        words += failing.SIGNED_BY(keyid=failure.answer.request.keyid)
    return words + "".join("\n" + explain(pointer=one.pointer, code=one.code) for one in failure.refused)


def _unproven_or_missing(failure: Failure) -> str:
    if isinstance(failure, NotVerified):
        known_words = failing.VERIFIED | checkpoints.NOT_BELIEVED
        words = known_words.get(failure.reason, failing.NOT_BELIEVED)() + failing.REASON(reason=failure.reason)
        return words if failure.about is None else words + failing.ABOUT(about=failure.about)
    if isinstance(failure, NotConfigured):
        known = failing.CONFIGURED.get(failure.reason)
        words = failing.SOMETHING_MISSING(reason=failure.reason) if known is None else known()
        return words if failure.about is None else words + failing.ABOUT(about=failure.about)
    standing = failing.STANDING.get(failure.reason)
    return failing.DID_NOT_WORK(reason=failure.reason) if standing is None else standing()


def _not_authenticated(failure: NotAuthenticated) -> str:
    difference = failure.clock_difference_seconds
    if difference is not None and abs(difference) > _NOTED_SECONDS:
        clock = failing.CLOCK_BEHIND if difference > 0 else failing.CLOCK_AHEAD
        return clock(seconds=abs(difference))
    if failure.keyid is None:
        return failing.NOT_ACCEPTED()
    return failing.KEY_NOT_ACCEPTED(keyid=failure.keyid)
