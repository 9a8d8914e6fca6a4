"""The directory: a node's signed list of members."""

from dataclasses import dataclass
from datetime import datetime

from schemas.fields import (
    Seconds,
    WireSchema,
    choice,
    choices,
    digest,
    federation,
    organisation,
    parts,
    version_one,
    whole,
)
from schemas.rulebook import RULES
from schemas.statements import MAX_SEQ
from schemas.vocabulary.documents import MEMBER_STATUS, ROLE, SECTOR

MAX_MEMBERS = 10_000


@dataclass(frozen=True, kw_only=True)
class Member:
    """One organisation as the node admits it; `root` is a thumbprint."""

    organisation: str
    sector: str
    status: str
    roles_at_most: tuple[str, ...]
    root: str
    statement_seq: int
    statement_sha256: str


class MemberSchema(WireSchema):
    """All members always."""

    loads_to = Member

    organisation = organisation(required=True)
    sector = choice(SECTOR, required=True)
    status = choice(MEMBER_STATUS, required=True)
    roles_at_most = choices(ROLE, required=True)
    root = digest(required=True)
    statement_seq = whole(1, MAX_SEQ, required=True)
    statement_sha256 = digest(required=True)


@dataclass(frozen=True, kw_only=True)
class Directory:
    """The claims of `havre-directory+jws`."""

    v: int
    federation: str
    iss: str
    seq: int
    iat: datetime
    exp: datetime
    members: tuple[Member, ...]


class DirectorySchema(WireSchema):
    """All members always; at most 48 hours and 10,000 members, none twice."""

    loads_to = Directory
    rules = RULES["directory"]

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    seq = whole(1, MAX_SEQ, required=True)
    iat = Seconds(required=True)
    exp = Seconds(required=True)
    members = parts(MemberSchema, most=MAX_MEMBERS, unique_by=("organisation",), required=True)
