"""Every word of the console, each in English and French, side by side: no page can have it in one language alone.

A section holds the words of one page, `{name: (English, French)}`; names begin with the page's. What a template fills
in stands in braces and is filled by `str.format`; the values are never taken as a text to be filled.
"""

from functools import cache
from types import SimpleNamespace

from server.console.words.checkpoints import CHECKPOINTS
from server.console.words.entrance import ENTRANCE, REFUSED
from server.console.words.entry import ENTRY, MEMBERS
from server.console.words.export import EXPORT
from server.console.words.exposure import EXPOSURE
from server.console.words.frame import FRAME
from server.console.words.labels import LABELS
from server.console.words.organisations import ORGANISATIONS
from server.console.words.overview import OVERVIEW
from server.console.words.people import PEOPLE
from server.console.words.trail import TRAIL

Words = dict[str, tuple[str, str]]

SECTIONS: tuple[Words, ...] = (
    FRAME,
    OVERVIEW,
    TRAIL,
    ENTRY,
    EXPOSURE,
    ORGANISATIONS,
    CHECKPOINTS,
    EXPORT,
    PEOPLE,
    ENTRANCE,
)
_PLACE = {"en": 0, "fr": 1}


@cache
def says(language: str) -> SimpleNamespace:
    """Return every word in `language`, each as an attribute; `label` names coded values.

    `member` explains what stands in entries, `refused` what a refusal's code says to a person.
    """
    place = _PLACE[language]
    words: dict[str, object] = {name: both[place] for section in SECTIONS for name, both in section.items()}

    def label(kind: str, value: str) -> str:
        both = LABELS.get(kind, {}).get(value)
        return value if both is None else both[place]

    def member(name: str) -> str:
        return MEMBERS[name][place]

    def refused(code: str) -> SimpleNamespace:
        told = REFUSED.get(code, REFUSED["other"])
        return SimpleNamespace(heading=told[place], why=told[2 + place])

    return SimpleNamespace(**words, label=label, member=member, refused=refused)
