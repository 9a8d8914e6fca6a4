"""What an enumeration is: named values, each with a sentence in two languages."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Word:
    """One value of an enumeration; `en` and `fr` say what it means and when not to use it."""

    value: str
    en: str
    fr: str


@dataclass(frozen=True, kw_only=True)
class Enumeration:
    """The closed list of values of one member, in the order in which people should read them."""

    name: str
    words: tuple[Word, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The values alone, in order."""
        return tuple(word.value for word in self.words)


def enumeration(name: str, sentences: dict[str, tuple[str, str]]) -> Enumeration:
    """Return the enumeration `name` from `{value: (English, French)}`."""
    return Enumeration(name=name, words=tuple(Word(value=value, en=en, fr=fr) for value, (en, fr) in sentences.items()))
