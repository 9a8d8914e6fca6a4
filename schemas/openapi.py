"""The published schemas by name, as JSON Schema 2020-12, for `GET /v1/schemas/{name}`.

Only schemas: the paths of the OpenAPI description come from the node's endpoints.
"""

from functools import cache
from typing import Any

from schemas import answers
from schemas.approvals import ApprovalSchema
from schemas.bulk import RECORD_SCHEMAS, json_schema
from schemas.converting import json_schema_of
from schemas.directory import DirectorySchema
from schemas.fields import WireSchema
from schemas.manifests import AcceptanceSchema, AudienceSchema, ManifestSchema
from schemas.people import EndOutcomeSchema, InvitationOutcomeSchema, InvitationSchema, PeopleSchema
from schemas.problems import ProblemSchema, RefusedMemberSchema
from schemas.records import WithdrawalSchema
from schemas.statements import PossessionSchema, RootConsentSchema, StatementSchema

Json = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

NAMED_SCHEMAS: dict[str, type[WireSchema]] = {
    "withdrawal": WithdrawalSchema,
    "manifest": ManifestSchema,
    "audience": AudienceSchema,
    "acceptance": AcceptanceSchema,
    "statement": StatementSchema,
    "root_consent": RootConsentSchema,
    "possession": PossessionSchema,
    "approval": ApprovalSchema,
    "directory": DirectorySchema,
    "invitation": InvitationSchema,
    "invitation_outcome": InvitationOutcomeSchema,
    "people": PeopleSchema,
    "person_end": EndOutcomeSchema,
    "problem": ProblemSchema,
    "refused": RefusedMemberSchema,
    "entry": answers.EntrySchema,
    "opened_entry": answers.OpenedEntrySchema,
    "whoami": answers.WhoamiSchema,
    "well_known": answers.WellKnownSchema,
    "health": answers.HealthSchema,
    "application": answers.ApplicationSchema,
    "approval_outcome": answers.ApprovalOutcomeSchema,
    "statement_outcome": answers.StatementOutcomeSchema,
    "organisation": answers.OrganisationEvidenceSchema,
    "batch_outcome": answers.BatchOutcomeSchema,
    "evidence": answers.EvidenceSchema,
    "opinion_counts": answers.OpinionCountsSchema,
    "streams": answers.StreamHeadsSchema,
    "page": answers.PageSchema,
    "ended": answers.EndedSchema,
}
"""Every published schema but those of record lines, which are `signal`, `incident`, `opinion` and `group`."""

SCHEMA_NAMES: tuple[str, ...] = (*RECORD_SCHEMAS, *NAMED_SCHEMAS)
"""The names of all published schemas."""


@cache
def named_json_schema(name: str) -> Json:
    """Return a published schema with its dialect and title.

    Raises:
        KeyError: there is no such name.
    """
    schema = json_schema(name) if name in RECORD_SCHEMAS else json_schema_of(NAMED_SCHEMAS[name])
    return {"$schema": _DIALECT, "title": name, **schema}
