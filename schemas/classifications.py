"""Classifications: what a scheme of the field says of the content, by whom and when assessed.

Schemes are carried side by side and never mapped onto each other: a partner filters by the scheme that its own
law knows.
"""

from dataclasses import dataclass

from schemas.fields import WireSchema, choice, country, day_text, matching, token
from schemas.rulebook import RULES
from schemas.vocabulary.signals import ASSESSED_BY, SCHEME

MAX_CLASSIFICATIONS = 16


@dataclass(frozen=True, kw_only=True)
class Classification:
    """One class in one scheme."""

    scheme: str
    value: str
    assessed_by: str
    assessed_at: str
    version: str | None = None
    jurisdiction: str | None = None


class ClassificationSchema(WireSchema):
    """`value` follows its scheme (`schemas/rulebook.py`); `jurisdiction` is an ISO 3166-1 alpha-2 code."""

    loads_to = Classification
    rules = RULES["classification"]

    scheme = choice(SCHEME, required=True)
    version = token(64)
    value = matching("[A-Za-z0-9][A-Za-z0-9._+/-]*", most=165, required=True)
    jurisdiction = country()
    assessed_by = choice(ASSESSED_BY, required=True)
    assessed_at = day_text(required=True)
