"""Write a page for each problem code from its class; served at `/problems/{code}` and kept in `docs/problems/`."""

from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A code and the status that it comes with."""

    code: str
    status: int
    phrase: str


def title(refusal: type[Refusal]) -> str:
    """Return the title of a problem's page."""
    return problems.title_of(refusal)


def headline(refusal: type[Refusal]) -> Headline:
    """Return what stands below the title."""
    status = problems.STATUS[refusal]
    return Headline(code=refusal.code, status=status.value, phrase=status.phrase)


def paragraphs(refusal: type[Refusal]) -> list[str]:
    """Return the text of a problem's page, in paragraphs, with backticks around code."""
    _, _, rest = cleandoc(refusal.__doc__ or "").partition("\n")
    is_signed = problems.STATUS[refusal] not in problems.UNSIGNED
    signed = (
        "Signed and with a receipt when the caller is known."
        if is_signed
        else "Never signed: it means failure, and nothing else."
    )
    return [part for part in (*rest.strip().split("\n\n"), signed) if part]


def _page(refusal: type[Refusal]) -> str:
    head = headline(refusal)
    parts = [f"# {title(refusal)}", f"`{head.code}` · {head.status} {head.phrase}", *paragraphs(refusal)]
    return "\n\n".join(parts) + "\n"
