"""Opinions: another organisation's feedback on a record."""

from dataclasses import dataclass

from schemas.fields import Part, WireSchema, choice, day_text, fixed, organisation, record_id, whole
from schemas.records import MAX_REVISION, EnvelopeSchema
from schemas.rulebook import RULES
from schemas.vocabulary.incidents import BUCKET
from schemas.vocabulary.sharing import OPINION_REASON, REVIEWED_BY, VERDICT


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The revision of a record that the opinion is about."""

    origin: str
    id: str
    revision: int


class SubjectSchema(WireSchema):
    """All three always."""

    loads_to = Subject

    origin = organisation(required=True)
    id = record_id(required=True)
    revision = whole(1, MAX_REVISION, required=True)


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days in which matches were counted, both included."""

    from_: str
    to: str


class PeriodSchema(WireSchema):
    """Both always."""

    loads_to = Period
    rules = RULES["span"]

    from_ = day_text(required=True, data_key="from")
    to = day_text(required=True)


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """An active revision of an opinion."""

    id: str
    kind: str
    revision: int
    salt: str
    status: str
    about: Subject
    verdict: str
    reviewed_by: str
    replaces: tuple[str, ...] | None = None
    reason: str | None = None
    matches: str | None = None
    period: Period | None = None


class OpinionSchema(EnvelopeSchema):
    """The form `opinion/1`; `reason` stands with the verdicts disputed, not_actionable and outdated, and only there."""

    loads_to = Opinion
    rules = RULES["opinion"]

    kind = fixed("opinion")
    about = Part(SubjectSchema, required=True)
    verdict = choice(VERDICT, required=True)
    reason = choice(OPINION_REASON)
    reviewed_by = choice(REVIEWED_BY, required=True)
    matches = choice(BUCKET)
    period = Part(PeriodSchema)
