"""Groups: who shares with whom, signed by the owner."""

from dataclasses import dataclass

from schemas.fields import WireSchema, choice, choices, day_text, fixed, free_text, organisation, parts
from schemas.records import EnvelopeSchema
from schemas.rulebook import RULES
from schemas.vocabulary.documents import SECTOR
from schemas.vocabulary.exchange import TLP
from schemas.vocabulary.sharing import GROUP_ROLE, HISTORY

MAX_MEMBERS = 1_000
MAX_NAME = 100
MAX_PURPOSE_TEXT = 500


@dataclass(frozen=True, kw_only=True)
class GroupMember:
    """One organisation of a group, and since when."""

    organisation: str
    role: str
    since: str


class GroupMemberSchema(WireSchema):
    """All three always."""

    loads_to = GroupMember

    organisation = organisation(required=True)
    role = choice(GROUP_ROLE, required=True)
    since = day_text(required=True)


@dataclass(frozen=True, kw_only=True)
class Group:
    """An active revision of a group."""

    id: str
    kind: str
    revision: int
    salt: str
    status: str
    name: str
    purpose_text: str
    members: tuple[GroupMember, ...]
    history: str
    replaces: tuple[str, ...] | None = None
    accepts_sectors: tuple[str, ...] | None = None
    default_tlp: str | None = None


class GroupSchema(EnvelopeSchema):
    """The form `group/1`; no organisation stands twice."""

    loads_to = Group
    rules = RULES["group"]

    kind = fixed("group")
    name = free_text(MAX_NAME, required=True)
    purpose_text = free_text(MAX_PURPOSE_TEXT, required=True)
    members = parts(GroupMemberSchema, least=1, most=MAX_MEMBERS, unique_by=("organisation",), required=True)
    accepts_sectors = choices(SECTOR)
    default_tlp = choice(TLP)
    history = choice(HISTORY, required=True)
