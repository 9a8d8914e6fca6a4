"""Write a page for each problem code from its class; served at `/problems/{code}` and kept in `docs/problems/`."""

from functools import cache
from inspect import cleandoc

from server.errors import Refusal, every_refusal
from server.web import problems


@cache
def problem_pages() -> dict[str, str]:
    """Return the Markdown page of each code."""
    return {refusal.code: _page(refusal) for refusal in every_refusal()}


def index_page() -> str:
    """Return the Markdown page that lists all codes by status."""
    rows = sorted((problems.STATUS[refusal].value, refusal.code, refusal) for refusal in every_refusal())
    lines = [f"| {status} | [`{code}`]({code}.md) | {problems.title_of(refusal)} |" for status, code, refusal in rows]
    return "\n".join(
        [
            "# Problems",
            "",
            "What a node answers when it says no (RFC 9457). Written by `havre-node docs` from their classes.",
            "",
            "| status | code | meaning |",
            "|---|---|---|",
            *lines,
            "",
        ]
    )


def _page(refusal: type[Refusal]) -> str:
    status = problems.STATUS[refusal]
    title, _, rest = cleandoc(refusal.__doc__ or "").partition("\n")
    is_signed = status not in problems.UNSIGNED
    signed = (
        "Signed and with a receipt when the caller is known."
        if is_signed
        else "Never signed: it means failure, and nothing else."
    )
    parts = [f"# {title}", f"`{refusal.code}` · {status.value} {status.phrase}", rest.strip(), signed]
    return "\n\n".join(part for part in parts if part) + "\n"
