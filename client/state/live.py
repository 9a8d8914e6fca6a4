"""Ask for live records.

A record is live when its newest revision that counts is `active`, and its batch has not expired. The conditions of a
selection are put together from the literals below, so that the database may use an index for each; no value of a
caller ever stands in the text.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypedDict

from client.state.records import LiveRecord


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which live records: every member that is given must hold; None: any.

    `value` is a signal's hash in its canonical spelling. `ai_status` and `ai_kind` are of signals and incidents;
    `scheme` and `classification` (a value of a scheme, `A1`) must hold for one and the same classification. `about` is
    the origin whose records opinions concern. `group` (`owner/id`) and `organisation` are names in the terms; `purpose`
    is one that the terms allow: terms that name none allow all. `is_set_aside`: instead of the live records those that
    a revoked key alone keeps from being live.
    """

    kind: str | None = None
    origin: str | None = None
    signal_type: str | None = None
    value: str | None = None
    ai_status: str | None = None
    ai_kind: str | None = None
    scheme: str | None = None
    classification: str | None = None
    about: str | None = None
    tlp: str | None = None
    group: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    is_set_aside: bool = False


class Selected(TypedDict, total=False):
    """The members of a `Selection`, by name."""

    kind: str | None
    origin: str | None
    signal_type: str | None
    value: str | None
    ai_status: str | None
    ai_kind: str | None
    scheme: str | None
    classification: str | None
    about: str | None
    tlp: str | None
    group: str | None
    organisation: str | None
    purpose: str | None
    is_set_aside: bool


_SELECT = """
    SELECT revision.origin, revision.id, batch.kind, revision.revision, revision.line, batch.manifest
      FROM revision JOIN batch ON batch.id = revision.batch_id
     WHERE revision.status = 'active' AND revision.line IS NOT NULL
       AND (batch.set_aside IS NOT NULL) = :is_set_aside AND batch.expires > :now
       AND NOT EXISTS (
            SELECT 1
              FROM revision AS later JOIN batch AS later_batch ON later_batch.id = later.batch_id
             WHERE later.origin = revision.origin AND later.id = revision.id
               AND later.revision > revision.revision
               AND (later_batch.set_aside IS NULL OR :is_set_aside))
"""
_ORDER = " ORDER BY revision.rowid"

_CONDITIONS = {
    "kind": " AND batch.kind = :kind",
    "origin": " AND revision.origin = :origin",
    "signal_type": " AND revision.signal_type = :signal_type",
    "value": " AND revision.value = :value",
    "ai_status": " AND revision.ai_status = :ai_status",
    "ai_kind": " AND revision.ai_kind = :ai_kind",
    "about": " AND batch.about = :about",
    "tlp": " AND json_extract(batch.audience, '$.tlp') = :tlp",
    "group": """
       AND EXISTS (SELECT 1 FROM json_each(batch.audience, '$.groups') AS named WHERE named.value = :group)
    """,
    "organisation": """
       AND EXISTS (SELECT 1 FROM json_each(batch.audience, '$.organisations') AS named
                    WHERE named.value = :organisation)
    """,
    "purpose": """
       AND (json_array_length(batch.audience, '$.purposes') = 0 OR EXISTS (
            SELECT 1 FROM json_each(batch.audience, '$.purposes') AS named WHERE named.value = :purpose))
    """,
}

_CLASSIFIED = """
       AND EXISTS (
            SELECT 1 FROM json_each(CAST(revision.line AS TEXT), '$.classifications') AS said
             WHERE (:scheme IS NULL OR json_extract(said.value, '$.scheme') = :scheme)
               AND (:classification IS NULL OR json_extract(said.value, '$.value') = :classification))
"""


def live_records(db: sqlite3.Connection, selection: Selection, *, now: datetime) -> Iterator[LiveRecord]:
    """Yield the live records of a selection, in the order in which they came."""
    asked = asdict(selection)
    query = _SELECT + "".join(condition for name, condition in _CONDITIONS.items() if asked[name] is not None)
    if selection.scheme is not None or selection.classification is not None:
        query += _CLASSIFIED
    for row in db.execute(query + _ORDER, {**asked, "now": int(now.timestamp())}):
        yield LiveRecord(**dict(row))
