"""Make the tables of enumerations of `docs/records.md` from the vocabulary; `make docs` writes them."""

from schemas.vocabulary import ENUMERATIONS

MARKER = "<!-- Below this line: written by `make docs` from schemas/vocabulary. -->\n"


def tables() -> str:
    """Return every enumeration as a Markdown table of values and sentences."""
    return "\n".join(
        f"### `{one.name}`\n\n| value | English | français |\n|---|---|---|\n"
        + "".join(f"| `{word.value}` | {word.en} | {word.fr} |\n" for word in one.words)
        for one in ENUMERATIONS.values()
    )


def with_tables(page: str) -> str:
    """Return `page` with the tables as they are now below the marker.

    Raises:
        ValueError: the page has no marker.
    """
    above, marker, _ = page.partition(MARKER)
    if not marker:
        raise ValueError("the page has no marker")
    return f"{above}{marker}\n{tables()}"
