"""Signals: one contributor's statement about one hash value."""

import base64
import re
from dataclasses import dataclass

from schemas.ai import Ai, AiSchema
from schemas.classifications import MAX_CLASSIFICATIONS, Classification, ClassificationSchema
from schemas.fields import Part, WireSchema, any_uuid, choice, choices, day_text, fixed, matching, parts, whole
from schemas.records import EnvelopeSchema
from schemas.rulebook import RULES, SIGNAL_FORMS
from schemas.vocabulary.signals import ADVICE, ANNOTATION, MEDIA, ORIGIN_OF_REPORT, SIGNAL_TYPE

MAX_PRINT_BYTES = 2_147_483_647
MAX_DISTANCE = 65_535

_FULLMATCH = {name: re.compile(form.value).fullmatch for name, form in SIGNAL_FORMS.items()}


@dataclass(frozen=True, kw_only=True)
class MatchAdvice:
    """How near a match may be, in the type's own measure, and what to do with one."""

    max_distance: int
    action: str


class MatchAdviceSchema(WireSchema):
    """Both members always; for perceptual types only."""

    loads_to = MatchAdvice

    max_distance = whole(0, MAX_DISTANCE, required=True)
    action = choice(ADVICE, required=True)


@dataclass(frozen=True, kw_only=True)
class Signal:
    """An active revision of a signal."""

    id: str
    kind: str
    revision: int
    salt: str
    status: str
    signal_type: str
    value: str
    media: str
    classifications: tuple[Classification, ...]
    ai: Ai
    origin_of_report: str
    replaces: tuple[str, ...] | None = None
    quality: int | None = None
    print_bytes: int | None = None
    content_id: str | None = None
    annotations: tuple[str, ...] | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    match_advice: MatchAdvice | None = None


class SignalSchema(EnvelopeSchema):
    """The form `signal/1`; `value` follows `signal_type` (`schemas/rulebook.py`)."""

    loads_to = Signal
    rules = RULES["signal"]

    kind = fixed("signal")
    signal_type = choice(SIGNAL_TYPE, required=True)
    value = matching("[A-Za-z0-9+/]*", least=32, most=192, required=True)
    quality = whole(0, 100)
    print_bytes = whole(1, MAX_PRINT_BYTES)
    media = choice(MEDIA, required=True)
    content_id = any_uuid()
    classifications = parts(ClassificationSchema, least=1, most=MAX_CLASSIFICATIONS, required=True)
    annotations = choices(ANNOTATION)
    ai = Part(AiSchema, required=True)
    origin_of_report = choice(ORIGIN_OF_REPORT, required=True)
    first_seen = day_text()
    last_seen = day_text()
    match_advice = Part(MatchAdviceSchema)


def value_bytes(signal_type: str, value: str) -> bytes:
    """Return the bytes of a signal's `value`: 16 to 144 of them, by its type.

    A TLSH value's `T1` names its version and is not part of the bytes.

    Raises:
        KeyError: there is no such signal type.
        ValueError: the value is not of the type's form.
    """
    if _FULLMATCH[signal_type](value) is None:
        raise ValueError("not of the form of its signal type")
    if SIGNAL_FORMS[signal_type].is_base64:
        return base64.b64decode(value)
    return bytes.fromhex(value.removeprefix("T1"))
