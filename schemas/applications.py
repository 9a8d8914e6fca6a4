"""Joining: the bodies that carry statements and approvals, and the answers about organisations."""

from dataclasses import dataclass

from schemas.fields import Items, WireSchema, choice, digest, jws, organisation, record_id, whole
from schemas.manifests import MAX_SEQ
from schemas.vocabulary.documents import ACT, ORGANISATION_STATUS
from schemas.vocabulary.exchange import PENDING

MAX_STATEMENT = 262_144
MAX_APPROVAL = 16_384
MAX_DIRECTORY = 16_777_216


@dataclass(frozen=True, kw_only=True)
class StatementBody:
    """A statement as sent: `POST /v1/applications`, `PUT /v1/organisations/{name}/statement`."""

    statement: str


class StatementBodySchema(WireSchema):
    """`{statement}`, at most 256 KiB."""

    loads_to = StatementBody

    statement = jws(MAX_STATEMENT, required=True)


@dataclass(frozen=True, kw_only=True)
class ApprovalBody:
    """An approval as sent: `POST /v1/approvals`."""

    approval: str


class ApprovalBodySchema(WireSchema):
    """`{approval}`."""

    loads_to = ApprovalBody

    approval = jws(MAX_APPROVAL, required=True)


@dataclass(frozen=True, kw_only=True)
class Application:
    """`POST /v1/applications` and `GET /v1/applications/{id}`; `approvals` counts those that count, the latter only."""

    id: str
    organisation: str
    document_sha256: str
    status: str
    approvals: int | None = None


class ApplicationSchema(WireSchema):
    """`approvals` is absent in the answer to the POST."""

    loads_to = Application

    id = record_id(required=True)
    organisation = organisation(required=True)
    document_sha256 = digest(required=True)
    status = choice(ORGANISATION_STATUS, required=True)
    approvals = whole(0, 2)


@dataclass(frozen=True, kw_only=True)
class ApprovalOutcome:
    """`POST /v1/approvals`: how many approvals count now, and what the subject's status is."""

    act: str
    subject: str
    document_sha256: str
    approvals: int
    status: str


class ApprovalOutcomeSchema(WireSchema):
    """All members always."""

    loads_to = ApprovalOutcome

    act = choice(ACT, required=True)
    subject = organisation(required=True)
    document_sha256 = digest(required=True)
    approvals = whole(0, 2, required=True)
    status = choice(ORGANISATION_STATUS, required=True)


@dataclass(frozen=True, kw_only=True)
class StatementOutcome:
    """`PUT /v1/organisations/{name}/statement`."""

    organisation: str
    statement_seq: int
    statement_sha256: str
    status: str


class StatementOutcomeSchema(WireSchema):
    """`status` is `current` or `pending`."""

    loads_to = StatementOutcome

    organisation = organisation(required=True)
    statement_seq = whole(1, MAX_SEQ, required=True)
    statement_sha256 = digest(required=True)
    status = choice(PENDING, required=True)


@dataclass(frozen=True, kw_only=True)
class OrganisationEvidence:
    """`GET /v1/organisations/{name}`: what admits it and all its statements, oldest first."""

    organisation: str
    status: str
    approvals: tuple[str, ...]
    statements: tuple[str, ...]


class OrganisationEvidenceSchema(WireSchema):
    """All members always; each approval and statement is a JWS."""

    loads_to = OrganisationEvidence

    organisation = organisation(required=True)
    status = choice(ORGANISATION_STATUS, required=True)
    approvals = Items(jws(MAX_APPROVAL), required=True)
    statements = Items(jws(MAX_STATEMENT), required=True)


@dataclass(frozen=True, kw_only=True)
class SignedDirectory:
    """`GET /v1/directory`."""

    directory: str


class SignedDirectorySchema(WireSchema):
    """`{directory}`, a JWS."""

    loads_to = SignedDirectory

    directory = jws(MAX_DIRECTORY, required=True)
