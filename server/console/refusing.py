"""Tell a person that something was refused: in the words of the console, with the number to ask the operator about.

What is told is the refusal's code and the request's id: nothing of what was sent, and nothing of why beyond the code.
"""

from uuid import UUID

from server.console.rendering import Frame, render_page
from server.errors import Busy, NotReady, Refusal, TooManyRequests, TrailUnavailable
from server.web import problems


def page_of(refusal: Refusal, frame: Frame, *, request_id: UUID) -> tuple[bytes, int]:
    """Return the page of `refusal` and its status."""
    status = problems.STATUS[type(refusal)]
    values = {"code": refusal.code, "status": status.value, "request_id": str(request_id)}
    return render_page("refused.html", values, frame), status.value


def fields_of(refusal: Refusal) -> dict[str, str]:
    """Return the header fields that say when to come again."""
    if isinstance(refusal, TooManyRequests):
        return {"Retry-After": str(refusal.retry_after_seconds)}
    if isinstance(refusal, Busy | NotReady | TrailUnavailable):
        return {"Retry-After": problems.RETRY_AFTER_SECONDS}
    return {}
