"""`ai`: what is known about generation or alteration, in signals and in incidents.

An absent `status` means `unassessed`; nobody inserts it. No prompt, no user, no link to weights, and never who.
"""

from dataclasses import dataclass

from schemas.fields import Flag, Part, WireSchema, choice, choices, digest, matching, token, whole
from schemas.rulebook import RULES
from schemas.vocabulary.ai import AI_KIND, AI_STATUS, BASIS, DIGITAL_SOURCE_TYPE, YES_NO_UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A program that scores content."""

    name: str
    version: str


class DetectorSchema(WireSchema):
    """Both members always."""

    loads_to = Detector

    name = token(64, required=True)
    version = token(64, required=True)


@dataclass(frozen=True, kw_only=True)
class Generator:
    """The model that made the content, as far as it is known."""

    family: str | None = None
    model: str | None = None
    version: str | None = None
    provider: str | None = None


class GeneratorSchema(WireSchema):
    """Tokens only: neither a prompt nor a link fits in."""

    loads_to = Generator

    family = token(64)
    model = token(64)
    version = token(64)
    provider = token(64)


@dataclass(frozen=True, kw_only=True)
class ContentCredentials:
    """What a C2PA manifest in the content said."""

    manifest_present: bool
    signature_valid: bool | None = None
    claim_generator: str | None = None
    manifest_sha256: str | None = None
    soft_binding_alg: str | None = None


class ContentCredentialsSchema(WireSchema):
    """`claim_generator` is a product token with its version (C2PA 2, user agent form)."""

    loads_to = ContentCredentials

    manifest_present = Flag(required=True)
    signature_valid = Flag()
    claim_generator = matching("[A-Za-z0-9][A-Za-z0-9 ._+()/-]*", most=100)
    manifest_sha256 = digest()
    soft_binding_alg = token(64)


@dataclass(frozen=True, kw_only=True)
class Ai:
    """What is known about generation or alteration."""

    status: str | None = None
    kind: str | None = None
    depicts_real_child: str | None = None
    known_victim_likeness: str | None = None
    basis: tuple[str, ...] | None = None
    confidence: int | None = None
    detector: Detector | None = None
    generator: Generator | None = None
    digital_source_type: str | None = None
    c2pa: ContentCredentials | None = None


class AiSchema(WireSchema):
    """`confidence` is a whole percentage and stands only together with `detector`."""

    loads_to = Ai
    rules = RULES["ai"]

    status = choice(AI_STATUS)
    kind = choice(AI_KIND)
    depicts_real_child = choice(YES_NO_UNKNOWN)
    known_victim_likeness = choice(YES_NO_UNKNOWN)
    basis = choices(BASIS)
    confidence = whole(0, 100)
    detector = Part(DetectorSchema)
    generator = Part(GeneratorSchema)
    digital_source_type = choice(DIGITAL_SOURCE_TYPE)
    c2pa = Part(ContentCredentialsSchema)
