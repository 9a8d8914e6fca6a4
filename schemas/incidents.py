"""Incidents: coded metadata about something that happened."""

from dataclasses import dataclass

from schemas.ai import Ai, AiSchema
from schemas.classifications import MAX_CLASSIFICATIONS, Classification, ClassificationSchema
from schemas.fields import (
    Part,
    WireSchema,
    choice,
    choices,
    country,
    day_text,
    fixed,
    free_text,
    moment_text,
    parts,
    sorted_set,
    token,
)
from schemas.records import EnvelopeSchema, RecordName, RecordNameSchema
from schemas.rulebook import RULES
from schemas.vocabulary.ai import SAFETY_CONTROL, SERVICE_KIND
from schemas.vocabulary.incidents import (
    BUCKET,
    HANDLING,
    INCIDENT_STATE,
    INCIDENT_TYPE,
    PRECISION,
    REFERENCE_SYSTEM,
    SEVERITY,
)

MAX_SUMMARY = 500
MAX_NAMED = 64
MAX_REFERENCES = 16
MAX_COUNTRIES = 64


@dataclass(frozen=True, kw_only=True)
class Occurred:
    """When it happened, at most as precisely as `precision` says."""

    from_: str
    to: str
    precision: str


class OccurredSchema(WireSchema):
    """All three always; one day is `from` equal to `to`."""

    loads_to = Occurred
    rules = RULES["span"]

    from_ = day_text(required=True, data_key="from")
    to = day_text(required=True)
    precision = choice(PRECISION, required=True)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many, in buckets."""

    files: str | None = None
    accounts: str | None = None
    victims: str | None = None


class CountsSchema(WireSchema):
    """Each optional; zero is told by leaving the member out."""

    loads_to = Counts

    files = choice(BUCKET)
    accounts = choice(BUCKET)
    victims = choice(BUCKET)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An opaque number of another system."""

    system: str
    reference: str


class ReferenceSchema(WireSchema):
    """Both members always."""

    loads_to = Reference

    system = choice(REFERENCE_SYSTEM, required=True)
    reference = token(64, required=True)


@dataclass(frozen=True, kw_only=True)
class Incident:
    """An active revision of an incident."""

    id: str
    kind: str
    revision: int
    salt: str
    status: str
    incident_type: str
    state: str
    severity: str
    occurred: Occurred
    reported_at: str
    jurisdictions: tuple[str, ...]
    service_kind: str
    ai: Ai
    replaces: tuple[str, ...] | None = None
    counts: Counts | None = None
    safety_control: str | None = None
    signals: tuple[RecordName, ...] | None = None
    related: tuple[RecordName, ...] | None = None
    references: tuple[Reference, ...] | None = None
    classifications: tuple[Classification, ...] | None = None
    handling: tuple[str, ...] | None = None
    summary: str | None = None


class IncidentSchema(EnvelopeSchema):
    """The form `incident/1`; types that begin with `ai_` demand more (`schemas/rulebook.py`)."""

    loads_to = Incident
    rules = RULES["incident"]

    kind = fixed("incident")
    incident_type = choice(INCIDENT_TYPE, required=True)
    state = choice(INCIDENT_STATE, required=True)
    severity = choice(SEVERITY, required=True)
    occurred = Part(OccurredSchema, required=True)
    reported_at = moment_text(required=True)
    jurisdictions = sorted_set(country(), most=MAX_COUNTRIES, required=True)
    service_kind = choice(SERVICE_KIND, required=True)
    counts = Part(CountsSchema)
    ai = Part(AiSchema, required=True)
    safety_control = choice(SAFETY_CONTROL)
    signals = parts(RecordNameSchema, most=MAX_NAMED, unique_by=("origin", "id"))
    related = parts(RecordNameSchema, most=MAX_NAMED, unique_by=("origin", "id"))
    references = parts(ReferenceSchema, most=MAX_REFERENCES, unique_by=("system", "reference"))
    classifications = parts(ClassificationSchema, most=MAX_CLASSIFICATIONS)
    handling = choices(HANDLING)
    summary = free_text(MAX_SUMMARY)
