"""The endpoints of organisations: who am I, joining, statements, approvals, who is a member."""

import re
from http import HTTPStatus

from schemas.answers import (
    Application,
    ApplicationSchema,
    ApprovalBodySchema,
    ApprovalOutcome,
    ApprovalOutcomeSchema,
    OrganisationEvidence,
    OrganisationEvidenceSchema,
    SignedDirectorySchema,
    StatementBodySchema,
    StatementOutcome,
    StatementOutcomeSchema,
    WellKnownSchema,
    Whoami,
    WhoamiSchema,
)
from server.access import Permission
from server.errors import ApprovalUsed, DocumentRefused, DocumentStale, MalformedBody, NotFound, TooManyPending
from server.organisations import applying, approving, describing, listing, stating, whoami
from server.organisations.identifying import identify_applicant, identify_member, identify_reader
from server.web.endpoints import JSON, Body, Endpoints, Exchange, Parameter
from server.web.exchange import Visit

organisations = Endpoints(
    name="organisations", description="Who takes part: joining, statements, the operators' decisions, the directory."
)

# A document of its greatest size, and what JSON puts around it.
_AROUND_BYTES = 64
_STATEMENT = Body(media_type=JSON, limit_bytes=256 * 1024 + _AROUND_BYTES, schema=StatementBodySchema())
_APPROVAL = Body(media_type=JSON, limit_bytes=8 * 1024 + _AROUND_BYTES, schema=ApprovalBodySchema())


@organisations.get("/v1/whoami", permission=Permission.READ_WHOAMI, answer=WhoamiSchema())
def read_whoami(exchange: Exchange) -> Whoami:
    """Tell the caller how this node sees it."""
    return whoami.tell_caller(exchange)


@organisations.post(
    "/v1/applications",
    permission=Permission.APPLY,
    body=_STATEMENT,
    answer=ApplicationSchema(),
    status=HTTPStatus.CREATED,
    refusals=(MalformedBody, DocumentRefused, DocumentStale, TooManyPending),
    identify=identify_applicant,
)
def send_application(exchange: Exchange) -> Application:
    """Take a newcomer's first statement; two operators decide."""
    return applying.apply(exchange)


@organisations.get(
    "/v1/applications/<application_id>",
    permission=Permission.READ_APPLICATION,
    answer=ApplicationSchema(),
    refusals=(NotFound,),
    identify=identify_reader,
)
def read_application(exchange: Exchange, application_id: str) -> Application:
    """Tell the applicant, or an operator, what became of an application."""
    return applying.read_application(exchange, application_id)


@organisations.post(
    "/v1/approvals",
    permission=Permission.APPROVE,
    body=_APPROVAL,
    answer=ApprovalOutcomeSchema(),
    status=HTTPStatus.CREATED,
    refusals=(MalformedBody, DocumentRefused, DocumentStale, ApprovalUsed),
)
def send_approval(exchange: Exchange) -> ApprovalOutcome:
    """Take one operator's approval, and carry out what is decided with it."""
    return approving.approve(exchange)


@organisations.put(
    "/v1/organisations/<name>/statement",
    permission=Permission.CHANGE_STATEMENT,
    body=_STATEMENT,
    answer=StatementOutcomeSchema(),
    refusals=(MalformedBody, DocumentRefused, DocumentStale, NotFound, TooManyPending),
    identify=identify_member,
)
def put_statement(exchange: Exchange, name: str) -> StatementOutcome:
    """Take a member's next statement."""
    return stating.put_statement(exchange, name)


@organisations.get(
    "/v1/organisations/<name>",
    permission=Permission.READ_ORGANISATION,
    answer=OrganisationEvidenceSchema(),
    refusals=(NotFound,),
    query=(
        Parameter(name="after", form=re.compile(r"0|[1-9][0-9]{0,8}"), meaning="the `seq` of the last statement seen"),
    ),
)
def read_organisation(exchange: Exchange, name: str) -> OrganisationEvidence:
    """Give what admits a member, and its statements, 4 MiB at a time."""
    return listing.evidence_of(exchange, name)


@organisations.public_get("/v1/directory", answer=SignedDirectorySchema())
def read_directory(visit: Visit) -> bytes:
    """Give the signed list of members."""
    return listing.publish_directory(visit)


@organisations.public_get("/.well-known/havre", answer=WellKnownSchema())
def read_well_known(visit: Visit) -> bytes:
    """Say who this node is, and which log it keeps."""
    return describing.describe_node(visit)
