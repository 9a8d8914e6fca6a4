"""The proof bundle: a ZIP file by which a log, and what a viewer may see of it, is checked without its node.

Members, in this order and no others: `bundle.json`; `checkpoint` (the signed note with its cosignatures); all tiles of
level 0 by their paths (`tile/0/000` …, the last one perhaps partial), stored as they are; `entries.ndjson`, sorted by
index; `statements.ndjson`; `approvals.ndjson`; and, where the node has one, `witness-policy`.
"""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields

from schemas.fields import (
    Flag,
    Moment,
    Part,
    Text,
    WireSchema,
    digest,
    federation,
    jws,
    log_name,
    matching,
    organisation,
    version_one,
    whole,
)

HEAD_NAME = "bundle.json"
CHECKPOINT_NAME = "checkpoint"
ENTRIES_NAME = "entries.ndjson"
STATEMENTS_NAME = "statements.ndjson"
APPROVALS_NAME = "approvals.ndjson"
POLICY_NAME = "witness-policy"

_MOST = 9_007_199_254_740_991
_KIB = 1024


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """For whom a bundle was made: an organisation's own view, or (`sees_all`) that of the federation's auditor."""

    organisation: str
    sees_all: bool


class ViewerSchema(WireSchema):
    """All members always."""

    loads_to = Viewer

    organisation = organisation(required=True)
    sees_all = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class BundleHead:
    """What a bundle says of itself in `bundle.json`; nothing of it counts but what its other members prove.

    `entries` is how many lines `entries.ndjson` has; `complete`: each leaf of the tree has one there. `filter` are the
    parameters of the search, as texts.
    """

    v: int
    federation: str
    node: str
    log: str
    size: int
    root: str
    made_at: datetime
    filter: dict[str, str]
    viewer: Viewer
    entries: int
    complete: bool


class BundleHeadSchema(WireSchema):
    """All members always."""

    loads_to = BundleHead

    v = version_one()
    federation = federation(required=True)
    node = organisation(required=True)
    log = log_name(required=True)
    size = whole(0, _MOST, required=True)
    root = digest(required=True)
    made_at = Moment(required=True)
    filter = fields.Dict(keys=matching("[a-z_]+", most=40), values=Text(), required=True)
    viewer = Part(ViewerSchema, required=True)
    entries = whole(0, _MOST, required=True)
    complete = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class BundledStatement:
    """One line of `statements.ndjson`; those of an organisation stand oldest first."""

    organisation: str
    statement: str


class BundledStatementSchema(WireSchema):
    """All members always."""

    loads_to = BundledStatement

    organisation = organisation(required=True)
    statement = jws(256 * _KIB, required=True)


@dataclass(frozen=True, kw_only=True)
class BundledApproval:
    """One line of `approvals.ndjson`: an approval about the organisation that it names."""

    organisation: str
    approval: str


class BundledApprovalSchema(WireSchema):
    """All members always."""

    loads_to = BundledApproval

    organisation = organisation(required=True)
    approval = jws(8 * _KIB, required=True)
