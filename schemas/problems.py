"""Answers that say no (RFC 9457), and the list of what was refused."""

from dataclasses import dataclass

from schemas.fields import Text, WireSchema, choice, matching, parts, record_id, whole
from schemas.vocabulary.problems import PROBLEM_CODE


@dataclass(frozen=True, kw_only=True)
class RefusedMember:
    """One thing refused: the record line from 0 (None: the document about them), where in it, and why."""

    index: int | None
    pointer: str
    code: str


class RefusedMemberSchema(WireSchema):
    """All three always; `pointer` is RFC 6901 and holds nothing that the caller sent."""

    loads_to = RefusedMember

    index = whole(0, 4_095, required=True, allow_none=True)
    pointer = matching("(?:/[a-z0-9_]+)*", most=200, least=0, required=True)
    code = matching("[a-z][a-z0-9_]*", most=64, required=True)


@dataclass(frozen=True, kw_only=True)
class ProblemDetails:
    """A problem details object with exactly these members."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    refused: tuple[RefusedMember, ...] | None = None


class ProblemSchema(WireSchema):
    """`type` is `<origin_url>/problems/<code>`; `refused` stands with the codes that refuse a document."""

    loads_to = ProblemDetails

    type = matching("https?://[a-z0-9.:-]+/problems/[a-z0-9_]+", most=400, required=True)
    title = Text(required=True)
    status = whole(400, 599, required=True)
    code = choice(PROBLEM_CODE, required=True)
    request_id = record_id(required=True)
    refused = parts(RefusedMemberSchema, most=1_000_000)
