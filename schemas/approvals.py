"""Approvals: one operator's signed word on one organisation."""

from dataclasses import dataclass
from datetime import datetime

from schemas.fields import (
    Part,
    Seconds,
    WireSchema,
    choice,
    choices,
    digest,
    federation,
    free_text,
    organisation,
    record_id,
    version_one,
)
from schemas.rulebook import RULES
from schemas.statements import Home, HomeSchema
from schemas.vocabulary.documents import ACT, ROLE, SECTOR


@dataclass(frozen=True, kw_only=True)
class Approval:
    """The claims of `havre-approval+jws`; two are equal when all but `iss jti iat exp` are."""

    v: int
    federation: str
    iss: str
    jti: str
    iat: datetime
    exp: datetime
    act: str
    subject: str
    document_sha256: str
    sector: str
    home: Home
    display_name: str
    roles_at_most: tuple[str, ...]


class ApprovalSchema(WireSchema):
    """All members always; at most seven days. `document_sha256` names the subject's statement."""

    loads_to = Approval
    rules = RULES["approval"]

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    jti = record_id(required=True)
    iat = Seconds(required=True)
    exp = Seconds(required=True)
    act = choice(ACT, required=True)
    subject = organisation(required=True)
    document_sha256 = digest(required=True)
    sector = choice(SECTOR, required=True)
    home = Part(HomeSchema, required=True)
    display_name = free_text(100, required=True)
    roles_at_most = choices(ROLE, required=True)
