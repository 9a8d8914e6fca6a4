"""Say a filter of the trail in one sentence, in the words of the page's language."""

from server.auditing.filtering import TrailFilter
from server.console import shapes
from server.console.rendering import moment
from server.console.words import says

# In the order in which they are said.
_PARTS = (
    *("organisation", "action", "decision", "reason", "purpose", "role", "keyid", "holder", "origin", "record", "id"),
    *("since", "until"),
)
# Of several entries a decision is said otherwise.
_KINDS = {"decision": "decided"}


def sentence_of(asked: TrailFilter, language: str) -> str:
    """Return the filter as one sentence."""
    words = says(language)
    parts = [part for _, part in _said(asked, language)]
    whole = words.trail_sentence.format(parts=", ".join(parts)) if parts else words.trail_sentence_all
    return f"{whole}, {words.label('order', asked.order)}."


def chosen_of(asked: TrailFilter, language: str) -> tuple[shapes.Chosen, ...]:
    """Return each member of the filter in words, with the filter that is left without it."""
    query = asked.to_query()
    chosen = []
    for name, part in _said(asked, language):
        # A record is named with its origin: without that it names nothing.
        left = {each: value for each, value in query.items() if each != name and (name, each) != ("origin", "record")}
        chosen.append(shapes.Chosen(text=part, without=left))
    return tuple(chosen)


def _said(asked: TrailFilter, language: str) -> list[tuple[str, str]]:
    words = says(language)
    said = []
    for name in _PARTS:
        value = getattr(asked, name)
        if value is None:
            continue
        shown = moment(value) if name in {"since", "until"} else words.label(_KINDS.get(name, name), str(value))
        said.append((name, getattr(words, f"trail_part_{name}").format(value=shown)))
    return said
