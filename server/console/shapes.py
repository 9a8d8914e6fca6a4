"""What each page of the console shows, as plain values: templates see these and nothing else.

Digests, leaves, roots and thumbprints are base64url; times are aware and UTC. Tuples are in the order of the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.console.days import DaysShown
from server.console.rows import EntryRow, Member


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of the proof's health: `state` good, bad or unknown; `detail` names the words, filled by `values`."""

    name: str
    state: str
    detail: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CheckpointShown:
    """A signed head of the log, and the names of those who cosigned it."""

    origin: str
    epoch: int
    size: int
    root: str
    signed_at: datetime
    cosigned_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Busy:
    """An organisation and how many entries it has."""

    name: str
    count: int


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """The overview; `scope` is all, own or keeper. `days` is None for whoever does not see the trail."""

    scope: str
    checks: tuple[Check, ...]
    checkpoint: CheckpointShown | None
    days: DaysShown | None
    pushes: tuple[EntryRow, ...]
    active: int
    suspended: int
    busiest: tuple[Busy, ...]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One member of a filter, said in words, and the filter without it."""

    text: str
    without: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the filter's form; `values` is None where anything may be written."""

    name: str
    value: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class FacetValue:
    """One value under the filter, how many entries have it, and the filter narrowed to it."""

    value: str
    count: int
    query: Mapping[str, str]
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One member of the filter with its values, the most frequent first."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, kw_only=True)
class TrailShown:
    """A page of the trail; `query` is the filter as an address has it, `next` the cursor of what follows.

    `found` is how many entries there are in all; where not `is_exact`, at least so many.
    """

    sentence: str
    chosen: tuple[Chosen, ...]
    fields: tuple[Field, ...]
    order: str
    query: Mapping[str, str]
    rows: tuple[EntryRow, ...]
    next: str | None
    is_continued: bool
    limit: int
    days: DaysShown
    facets: tuple[Facet, ...]
    found: int
    is_exact: bool


@dataclass(frozen=True, kw_only=True)
class RecordNamed:
    """A record by its name."""

    origin: str
    record_id: str


@dataclass(frozen=True, kw_only=True)
class RootShown:
    """An organisation's root key."""

    organisation: str
    thumbprint: str


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    """One entry; of an erased one `text`, `salt`, `p` and what follows from them are None or empty.

    `path` leads from the leaf to the root of `size` entries, lowest first; None before the first checkpoint that holds
    it. `served_to` is who received what a pull served, None where it served nothing that this viewer may see.
    `statement` is the JWS that names the signing key, None where no key of a statement signed.
    """

    index: int
    row: EntryRow
    leaf: str
    salt: str | None
    p: str | None
    text: str | None
    members: tuple[Member, ...]
    request_id: str | None
    signature_base: str | None
    is_digested: bool
    records: tuple[RecordNamed, ...]
    has_more_records: bool
    served_to: str | None
    path: tuple[str, ...] | None
    size: int | None
    roots: tuple[RootShown, ...]
    statement: str | None
    node_statement: str
    log: str


@dataclass(frozen=True, kw_only=True)
class ReleaseShown:
    """One release of a record: to whom, of which revision, when, why, and the entry that says so.

    `node` is the organisation itself where it asked as a node, for those at home there; else None.
    """

    index: int
    at: datetime
    organisation: str
    node: str | None
    origin: str
    record_id: str
    kind: str
    revision: int
    purpose: str
    action: str
    keyid: str


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An organisation that received a record: how often, for which purposes, first and last."""

    organisation: str
    purposes: tuple[str, ...]
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True)
class RevisionShown:
    """One revision of a record; `index` is the entry that stored it."""

    revision: int
    at: datetime
    batch: str
    index: int
    is_withdrawal: bool


@dataclass(frozen=True, kw_only=True)
class ExposurePage:
    """To whom one record was released, by entries below `until`; not `is_complete` where some lost their text.

    `next` continues the list; `is_continued` says that this is not its beginning.
    """

    origin: str
    record_id: str
    revisions: tuple[RevisionShown, ...]
    releases: tuple[ReleaseShown, ...]
    recipients: tuple[Recipient, ...]
    until: int
    is_complete: bool
    is_continued: bool
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ReceivedPage:
    """What was released to an organisation; the other members as in `ExposurePage`."""

    organisation: str
    releases: tuple[ReleaseShown, ...]
    until: int
    is_complete: bool
    is_continued: bool
    next: str | None


@dataclass(frozen=True, kw_only=True)
class MemberShown:
    """One member of the node."""

    name: str
    display_name: str
    sector: str
    status: str
    roles_at_most: tuple[str, ...]
    statement_seq: int


@dataclass(frozen=True, kw_only=True)
class MembersPage:
    """Members by name; `next` is the name after which the next page begins."""

    members: tuple[MemberShown, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class KeyShown:
    """One key of a statement; `state` is valid, early or over; a revocation stands before it."""

    thumbprint: str
    use: str
    roles: tuple[str, ...]
    holder: str | None
    from_: datetime
    until: datetime | None
    state: str
    revoked_at: datetime | None = None
    revoked_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class StatementShown:
    """One statement of an organisation."""

    seq: int
    issued_at: datetime
    expires_at: datetime
    received_at: datetime
    digest: str


@dataclass(frozen=True, kw_only=True)
class ApprovalShown:
    """One operator's approval."""

    keyid: str
    act: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    """One organisation: how it was admitted, its statement in force, its keys, and its statements.

    `is_exposure_shown`: whoever looks may see what it received.
    """

    name: str
    display_name: str
    sector: str
    status: str
    home: str
    roles_at_most: tuple[str, ...]
    decided_at: datetime
    root: str
    statement: StatementShown
    keys: tuple[KeyShown, ...]
    approvals: tuple[ApprovalShown, ...]
    statements: tuple[StatementShown, ...]
    is_exposure_shown: bool


@dataclass(frozen=True, kw_only=True)
class WitnessShown:
    """A witness, the newest checkpoint that it cosigned, when, and how many entries came since."""

    name: str
    size: int
    behind: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckpointsPage:
    """The newest checkpoint with its signed note, the witnesses, and earlier ones; `next` is an address's `before`."""

    newest: CheckpointShown | None
    note: str
    witnesses: tuple[WitnessShown, ...]
    earlier: tuple[CheckpointShown, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ExportPage:
    """What an export would hold: the filter in a sentence, as an address has it, and how many entries."""

    sentence: str
    query: Mapping[str, str]
    found: int
    is_exact: bool


@dataclass(frozen=True, kw_only=True)
class PersonShown:
    """One invitation and the person that it made; `state` is open, over, active or ended."""

    holder: str
    roles: tuple[str, ...]
    passkeys: int
    invited_at: datetime
    expires_at: datetime
    joined_at: datetime | None
    state: str


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """The people of an organisation, the newest invitation first."""

    people: tuple[PersonShown, ...]
