"""Judge new revisions against what this node knows of the same records, and values against a channel's live records.

Revisions only rise; origin, kind, channel and value never change; each names the leaves of all earlier ones; a
withdrawal is final. Leaves are compared, never bytes: erased bytes cannot be.

What a stolen key signed and readers set aside neither ends a record nor raises its number: its origin can always mend
or withdraw what readers believe. A number rises by 1,000 at most: no revision is the last that there can be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crypto.encoding import to_base64url
from server.batches.lines import Line
from server.errors import RefusedMember

STEP_AT_MOST = 1_000
# As many leaves as a line can name.
_REPLACES_AT_MOST = 64


@dataclass(frozen=True, kw_only=True)
class KnownRevision:
    """A revision that this node stores; `expires_at` is its batch's.

    `is_set_aside` says that its batch's key is revoked from a moment at or before the batch's place.
    """

    id_bytes: bytes
    revision: int
    leaf: bytes
    channel_id: int
    signal_type: str | None
    value: bytes | None
    is_withdrawn: bool
    expires_at: datetime
    is_set_aside: bool


def judge_revisions(
    lines: Sequence[Line], known: Iterable[KnownRevision], *, channel_id: int, expires_at: datetime
) -> list[RefusedMember]:
    """Return what the records of a batch break of the rules of revisions; `known` are all revisions of their ids."""
    by_id: dict[bytes, list[KnownRevision]] = {}
    for revision in known:
        by_id.setdefault(revision.id_bytes, []).append(revision)
    refused = []
    for line in lines:
        problem = _problem(line, by_id.get(line.id_bytes, []), channel_id, expires_at)
        if problem is not None:
            refused.append(RefusedMember(index=line.position, pointer=problem[0], code=problem[1]))
    return refused


def _problem(line: Line, known: list[KnownRevision], channel_id: int, expires_at: datetime) -> tuple[str, str] | None:
    """Return the pointer and code of the first rule that `line` breaks, in the order in which they are told."""
    if not known:
        # A first revision replaces nothing, and only what is known can be replaced or withdrawn.
        return ("/replaces", "replaces_unknown") if line.replaces else None
    believed = [revision for revision in known if not revision.is_set_aside]
    newest = max(believed or known, key=lambda revision: revision.revision)
    newest_number = newest.revision if believed else 0
    keeps_value = line.is_withdrawal or (line.signal_type, line.value) == (newest.signal_type, newest.value)
    rules = (
        (all(revision.leaf != line.leaf for revision in known), "", "already_shared"),
        (all(revision.revision != line.revision for revision in known), "/revision", "revision_taken"),
        (line.revision > newest_number, "/revision", "revision_stale"),
        (line.revision <= newest.revision + STEP_AT_MOST, "/revision", "revision_too_high"),
        (not any(revision.is_withdrawn for revision in believed), "/revision", "record_withdrawn"),
        (newest.channel_id == channel_id, "", "channel_changed"),
        (keeps_value, "/value", "value_changed"),
        (_names_all(line, known, believed), "/replaces", "replaces_incomplete"),
        (expires_at >= newest.expires_at, "", "expires_too_early"),
    )
    return next(((pointer, code) for is_kept, pointer, code in rules if not is_kept), None)


def _names_all(line: Line, known: list[KnownRevision], believed: list[KnownRevision]) -> bool:
    leaves = {to_base64url(revision.leaf) for revision in known}
    if line.replaces == leaves:
        return True
    # A thief may have signed more than a line can name: then what is set aside may be left out.
    needed = {to_base64url(revision.leaf) for revision in believed}
    return len(leaves) > _REPLACES_AT_MOST and needed <= line.replaces <= leaves
