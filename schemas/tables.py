"""Write the tables of enumerations into `docs/records.md`, from the vocabulary.

`python -m schemas.tables docs/records.md` replaces what stands below the marker; a test compares.
"""

import sys
from pathlib import Path

from schemas.vocabulary import ENUMERATIONS

MARKER = "<!-- Below this line: written by `python -m schemas.tables docs/records.md` from schemas/vocabulary. -->\n"


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


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
