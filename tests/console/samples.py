"""Values for each page of the console, all synthetic; `hostile` puts markup and odd characters into every text."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import orjson

from crypto.encoding import to_base64url
from crypto.entries import entry_leaf
from server.auditing.searching import TrailEntry
from server.console import rows, shapes
from server.console.days import DayCount, show_days
from server.console.door import Person

AT = datetime(2026, 11, 20, 9, 30, 5, tzinfo=UTC)
DIGEST = to_base64url(bytes(range(32)))
RECORD_ID = "01936f3a-0000-7000-8000-000000000001"
SAID = {
    "v": 1,
    "id": "01936f3a-0000-7000-8000-0000000000aa",
    "at": "2026-11-20T09:30:05Z",
    "node": "node.example",
    "organisation": "platform.example",
    "keyid": f"platform.example/{DIGEST}",
    "role": "consumer",
    "action": "read_feed",
    "purpose": "detection",
    "decision": "allowed",
    "reason": None,
    "target": "/v1/feed?after=AAAA",
    "signature_base": '"@method": GET\n"@target-uri": https://node.example/v1/feed?after=AAAA',
    "signature": "c2lnbmF0dXJl",
    "response_status": 200,
    "response_digest": DIGEST,
    "records": 4096,
    "served": DIGEST,
    "filter": {"kind": "signal"},
    "from": [1, 0, 0, 0],
    "to": [1, 41, 41, 0],
    "tlp": None,
    "policy": DIGEST,
}
REFUSED = {**SAID, "decision": "refused", "reason": "role_not_allowed", "purpose": None, "records": None}


def person(*roles, passkeys=2):
    return Person(
        person_id=1,
        organisation="ministry.example",
        organisation_id=7,
        holder="auditor-1",
        roles=frozenset(roles),
        keyid=f"ministry.example/{DIGEST}",
        passkeys=passkeys,
    )


AUDITOR = person("auditor")
ADMINISTRATOR = person("administrator")
TEXT = orjson.dumps(SAID, option=orjson.OPT_SORT_KEYS)
DAYS = show_days(
    [DayCount(day=date(2026, 11, 1) + timedelta(days=n), allowed=37 * n % 90, refused=n % 4) for n in range(20)],
    first=date(2026, 10, 22),
    last=date(2026, 11, 20),
)
NO_DAYS = show_days([], first=date(2026, 11, 20), last=date(2026, 11, 20))
SALT, P = bytes(32), bytes(32)


def entry(index, said, *, text=None):
    document = orjson.dumps(said, option=orjson.OPT_SORT_KEYS) if text is None else text
    leaf = entry_leaf(salt=SALT, entry=document, p=P)
    return TrailEntry(index, leaf, UUID(SAID["id"]), AT, P, document, SALT)


ERASED = TrailEntry(1038, bytes(32), UUID(SAID["id"]), AT, P, None, None)
ROWS = (
    rows.row_of(entry(1041, SAID)),
    rows.row_of(entry(1040, REFUSED)),
    rows.row_of(entry(1039, {**SAID, "organisation": None, "keyid": None, "action": "noise"})),
    rows.row_of(ERASED),
    rows.row_of(replace(entry(1037, SAID), p=bytes([1]) * 32)),
    rows.row_of(entry(1036, {}, text=b"not JSON")),
)
CHECKPOINT = shapes.CheckpointShown(
    origin="node.example/log/1", epoch=1, size=1042, root=DIGEST, signed_at=AT, cosigned_by=("hotline.example",)
)
CHECKS = (
    shapes.Check(name="check_root", state="good", detail="check_root_detail", values={"size": 1042, "root": DIGEST}),
    shapes.Check(name="check_age", state="bad", detail="check_age_waits", values={"seconds": 2}),
    shapes.Check(name="check_grows", state="unknown", detail="check_nothing"),
)
OVERVIEW = shapes.OverviewPage(
    scope="own",
    checks=CHECKS,
    checkpoint=CHECKPOINT,
    days=DAYS,
    pushes=ROWS[:1],
    active=4,
    suspended=1,
    busiest=(shapes.Busy(name="platform.example", count=12_345),),
)
KEEPER = replace(OVERVIEW, scope="keeper", days=None, pushes=(), busiest=(), checkpoint=None)
TRAIL = shapes.TrailShown(
    sentence="Entries that concern platform.example, newest first.",
    chosen=(shapes.Chosen(text="that concern platform.example", without={"decision": "refused"}),),
    fields=(
        shapes.Field(name="organisation", value="platform.example"),
        shapes.Field(name="decision", value="refused", values=("allowed", "refused")),
        shapes.Field(name="order", value="newest", values=("newest", "oldest")),
    ),
    order="newest",
    query={"organisation": "platform.example"},
    rows=ROWS,
    next="Y3Vyc29y",
    is_continued=True,
    limit=50,
    days=DAYS,
    facets=(
        shapes.Facet(
            name="action",
            values=(
                shapes.FacetValue(value="read_feed", count=1200, query={"action": "read_feed"}, is_chosen=False),
                shapes.FacetValue(value="unknown_action", count=1, query={"action": "x"}, is_chosen=True),
            ),
        ),
    ),
    found=1201,
    is_exact=True,
)
EMPTY_TRAIL = replace(TRAIL, rows=(), next=None, is_continued=False, days=NO_DAYS, facets=(), chosen=())
ENTRY = shapes.EntryPage(
    index=1041,
    row=ROWS[0],
    leaf=DIGEST,
    salt=DIGEST,
    p=DIGEST,
    text=TEXT.decode(),
    members=rows.members_of(SAID),
    request_id=SAID["id"],
    signature_base=SAID["signature_base"],
    is_digested=False,
    records=(shapes.RecordNamed(origin="hotline.example", record_id=RECORD_ID),),
    has_more_records=True,
    served_to="platform.example",
    path=(DIGEST, DIGEST),
    size=1042,
    roots=(shapes.RootShown(organisation="platform.example", thumbprint=DIGEST),),
    statement="aaaa.bbbb.cccc",
    node_statement="aaaa.bbbb.cccc",
    log="node.example/log/1",
)
ERASED_ENTRY = replace(
    ENTRY,
    row=ROWS[3],
    salt=None,
    p=None,
    text=None,
    members=(),
    request_id=None,
    signature_base=None,
    records=(),
    has_more_records=False,
    path=None,
    size=None,
    statement=None,
)
RELEASE = shapes.ReleaseShown(
    index=1041,
    at=AT,
    organisation="platform.example",
    node=None,
    origin="hotline.example",
    record_id=RECORD_ID,
    kind="signal",
    revision=1,
    purpose="detection",
    action="read_feed",
    keyid=f"platform.example/{DIGEST}",
)
REVISION = shapes.RevisionShown(revision=1, at=AT, batch=RECORD_ID, index=12, is_withdrawal=False)
EXPOSURE = shapes.ExposurePage(
    origin="hotline.example",
    record_id=RECORD_ID,
    revisions=(REVISION, replace(REVISION, revision=2, is_withdrawal=True)),
    releases=(RELEASE, replace(RELEASE, node="platform.example")),
    recipients=(
        shapes.Recipient(
            organisation="platform.example", purposes=("detection", "statistics"), times=2, first=AT, last=AT
        ),
    ),
    until=1042,
    is_complete=True,
    is_continued=False,
    next=None,
)
NOT_EXPOSED = replace(EXPOSURE, releases=(), recipients=())
RECEIVED = shapes.ReceivedPage(
    organisation="platform.example",
    releases=(RELEASE,),
    until=1042,
    is_complete=False,
    is_continued=True,
    next="1041.1.2.0.0",
)
MEMBERS = shapes.MembersPage(
    members=(
        shapes.MemberShown(
            name="hotline.example",
            display_name="A hotline",
            sector="hotline",
            status="active",
            roles_at_most=("contributor", "consumer"),
            statement_seq=3,
        ),
    ),
    next="hotline.example",
)
STATEMENT = shapes.StatementShown(seq=3, issued_at=AT, expires_at=AT, received_at=AT, digest=DIGEST)
KEY = shapes.KeyShown(
    thumbprint=DIGEST, use="exchange", roles=("consumer",), holder="desk-1", from_=AT, until=None, state="valid"
)
MEMBER = shapes.MemberPage(
    name="hotline.example",
    display_name="A hotline",
    sector="hotline",
    status="suspended",
    home="node.example",
    roles_at_most=(),
    decided_at=AT,
    root=DIGEST,
    statement=STATEMENT,
    keys=(KEY, replace(KEY, revoked_at=AT, revoked_reason="compromised", until=AT, state="over")),
    approvals=(shapes.ApprovalShown(keyid=f"node.example/{DIGEST}", act="admit", at=AT),),
    statements=(STATEMENT,),
    is_exposure_shown=True,
)
CHECKPOINTS = shapes.CheckpointsPage(
    newest=CHECKPOINT,
    note="node.example/log/1\n1042\nAAAA\n\n\u2014 node.example/log/1 AAAA\n",
    witnesses=(shapes.WitnessShown(name="hotline.example", size=1042, behind=0, at=AT),),
    earlier=(CHECKPOINT, replace(CHECKPOINT, cosigned_by=())),
    next="1000",
)
NO_CHECKPOINTS = shapes.CheckpointsPage(newest=None, note="", witnesses=(), earlier=(), next=None)
EXPORT = shapes.ExportPage(
    sentence="Entries that concern platform.example.",
    query={"organisation": "platform.example"},
    found=12,
    is_exact=False,
)
PERSON = shapes.PersonShown(
    holder="auditor-1", roles=("auditor",), passkeys=2, invited_at=AT, expires_at=AT, joined_at=AT, state="active"
)
PEOPLE = shapes.PeoplePage(
    people=(
        PERSON,
        replace(PERSON, state="ended"),
        replace(PERSON, state="open", joined_at=None),
        replace(PERSON, state="over", joined_at=None),
    )
)
NO_PEOPLE = shapes.PeoplePage(people=())

# template, values, who looks, path
PAGES = (
    ("overview.html", OVERVIEW, AUDITOR, "/console"),
    ("overview.html", replace(OVERVIEW, days=NO_DAYS, pushes=(), checkpoint=None), AUDITOR, "/console"),
    ("overview.html", KEEPER, ADMINISTRATOR, "/console"),
    ("trail.html", TRAIL, AUDITOR, "/console/trail"),
    ("trail.html", EMPTY_TRAIL, AUDITOR, "/console/trail"),
    ("entry.html", ENTRY, AUDITOR, "/console/entries/1041"),
    ("entry.html", replace(ENTRY, is_digested=True), AUDITOR, "/console/entries/1041"),
    ("entry.html", replace(ENTRY, signature_base=None, statement=None), AUDITOR, "/console/entries/1041"),
    ("entry.html", replace(ENTRY, row=ROWS[5], members=rows.members_of({})), AUDITOR, "/console/entries/1036"),
    ("entry.html", ERASED_ENTRY, AUDITOR, "/console/entries/1041"),
    ("exposure.html", EXPOSURE, AUDITOR, "/console/records/x/exposure"),
    ("exposure.html", NOT_EXPOSED, AUDITOR, "/console/records/x/exposure"),
    ("exposure.html", replace(EXPOSURE, is_complete=False, next="7", is_continued=True), AUDITOR, "/console/records/x"),
    ("received.html", RECEIVED, AUDITOR, "/console/organisations/x/exposure"),
    ("received.html", replace(RECEIVED, releases=()), AUDITOR, "/console/organisations/x/exposure"),
    ("organisations.html", MEMBERS, ADMINISTRATOR, "/console/organisations"),
    ("organisation.html", MEMBER, AUDITOR, "/console/organisations/hotline.example"),
    ("organisation.html", replace(MEMBER, approvals=()), ADMINISTRATOR, "/console/organisations/hotline.example"),
    ("checkpoints.html", CHECKPOINTS, AUDITOR, "/console/checkpoints"),
    ("checkpoints.html", NO_CHECKPOINTS, ADMINISTRATOR, "/console/checkpoints"),
    ("export.html", EXPORT, AUDITOR, "/console/export"),
    ("people.html", PEOPLE, ADMINISTRATOR, "/console/people"),
    ("people.html", NO_PEOPLE, ADMINISTRATOR, "/console/people"),
    ("missing.html", None, AUDITOR, "/console/entries/9"),
)

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'&{{7*7}}{0}\u202e"


def hostile(value):
    """Return `value` with every text in it replaced by `HOSTILE`, but what the page's own code chooses."""
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value)
    if isinstance(value, dict):
        return {name: hostile(one) for name, one in value.items()}
    if is_dataclass(value):
        kept = OURS.get(type(value).__name__, set())
        return replace(
            value, **{one.name: hostile(getattr(value, one.name)) for one in fields(value) if one.name not in kept}
        )
    return value


# Members that hold words' names or our own drawing, never what somebody sent.
OURS = {
    "OverviewPage": {"scope"},
    "Check": {"name", "detail", "state", "values"},
    "Field": {"name"},
    "Facet": {"name"},
    "Member": {"name"},
    "KeyShown": {"state"},
    "PersonShown": {"state"},
    "DaysShown": {"chart", "counts"},
}
