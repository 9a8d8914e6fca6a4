"""How often one may ask: a quota for each class of acts, for an organisation and for each of its keys.

Every quota is a bucket: it holds at most `quota` tokens, each request takes one, and it fills evenly within `seconds`.
So a whole quota may be spent at once, and after that as many requests a second as `quota / seconds`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

_FORM = re.compile(r"([1-9][0-9]{0,6}):([1-9][0-9]{0,6})/([1-9][0-9]{0,4})")
_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Requests within `seconds`: those of an organisation together, and those of each of its keys."""

    organisation: int
    key: int
    seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates of a node.

    `refused` bounds the entries of what a known key signed and may not do at all: replayed, stale, revoked, suspended.
    `newcomers` is for all who are no members: `organisation` is all of them together, `key` each of their keys.
    `sign_in` is how often a passkey may be tried at the console, and all of an organisation's.
    """

    push: Rate = Rate(organisation=12_000, key=6_000)
    read: Rate = Rate(organisation=12_000, key=6_000)
    other: Rate = Rate(organisation=1_200, key=600)
    refused: Rate = Rate(organisation=120, key=60)
    newcomers: Rate = Rate(organisation=1_200, key=120, seconds=3_600)
    sign_in: Rate = Rate(organisation=300, key=30)


def read_rates(environment: Mapping[str, str], refuse: Callable[[str], None]) -> Rates:
    """Return the rates that the environment sets, the defaults for the rest.

    `HAVRE_RATE_PUSH=6000:3000/60` is 6,000 requests an organisation and 3,000 a key within 60 seconds. `refuse` is told
    a sentence for each that is malformed.
    """
    told: dict[str, Rate] = {}
    for each in fields(Rates):
        name = f"HAVRE_RATE_{each.name.upper()}"
        if not (text := environment.get(name, "")):
            continue
        form = _FORM.fullmatch(text)
        if form is None or int(form[2]) > int(form[1]) or int(form[3]) > _DAY_SECONDS:
            refuse(f"{name} must be <of an organisation>:<of a key>/<seconds>, such as 6000:3000/60; a key has no more")
        else:
            told[each.name] = Rate(organisation=int(form[1]), key=int(form[2]), seconds=int(form[3]))
    return Rates(**told)
