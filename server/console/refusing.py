"""Tell a person that something was refused: in the words of the console, with the number to ask the operator about.

What is told is the refusal's code and the request's id: nothing of what was sent, and nothing of why beyond the code.
"""

from dataclasses import replace
from uuid import UUID

from server.access import Permission, Role, role_for
from server.console.rendering import FIND, Frame, render_page
from server.errors import BadQuery, Busy, NotFound, NotReady, Refusal, TooManyRequests, TrailUnavailable
from server.web import problems

# The page's own address as a link says it without repeating it: it may be anything that somebody wrote.
_HERE = ""


def page_of(refusal: Refusal, frame: Frame, *, request_id: UUID) -> tuple[bytes, int]:
    """Return the page of `refusal` and its status."""
    status = problems.STATUS[type(refusal)]
    values = {"told": _told(refusal, frame), "status": status.value, "request_id": str(request_id)}
    return render_page("refused.html", values, replace(frame, path=_HERE)), status.value


def _told(refusal: Refusal, frame: Frame) -> str:
    """Return under which name the words of a refusal stand: its code, or what is more exact for this page or person."""
    if isinstance(refusal, BadQuery) and frame.path == FIND:
        return "bad_search"
    roles = frozenset() if frame.person is None else frame.person.roles
    if isinstance(refusal, NotFound) and role_for(Permission.READ_TRAIL, roles) is Role.FEDERATION_AUDITOR:
        return "not_found_of_all"
    return refusal.code


def fields_of(refusal: Refusal) -> dict[str, str]:
    """Return the header fields that say when to come again."""
    if isinstance(refusal, TooManyRequests):
        return {"Retry-After": str(refusal.retry_after_seconds)}
    if isinstance(refusal, Busy | NotReady | TrailUnavailable):
        return {"Retry-After": problems.RETRY_AFTER_SECONDS}
    return {}
