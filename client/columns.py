"""A record as a row: the columns of CSV, tables and Parquet files, the same for every kind.

Columns are named as in a file to push: `ai.status` is the member `status` of `ai`. Lists of words are separated by
blanks, classifications are `scheme:value`, members of a group `organisation:role`. `record` is the exact line, so that
nothing is lost that has no column.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from client.clock import wire_time
from schemas.manifests import Manifest

_TERMS = ("tlp", "expires", "groups", "organisations", "sectors", "purposes")
_MEMBERS = (
    *("kind", "id", "revision", "status"),
    *("signal_type", "value", "quality", "media", "content_id", "classifications", "annotations"),
    *("ai.status", "ai.kind", "ai.depicts_real_child", "ai.known_victim_likeness", "ai.basis", "ai.confidence"),
    *("origin_of_report", "first_seen", "last_seen", "match_advice.action", "match_advice.max_distance"),
    *("incident_type", "state", "severity", "occurred.from", "occurred.to", "reported_at", "jurisdictions"),
    *("service_kind", "safety_control", "counts.files", "handling", "summary"),
    *("about.origin", "about.id", "about.revision", "verdict", "reason", "reviewed_by", "matches"),
    *("name", "purpose_text", "history", "members", "withdrawn_at"),
)
COLUMNS = ("origin", *_MEMBERS, *_TERMS, "record")
"""The names of the columns, in order."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A record to show: its origin, its exact line, and the manifest that says its terms."""

    origin: str
    line: bytes
    manifest: Manifest

    @property
    def terms(self) -> bytes:
        """Return as JSON who may have the record, for what, and until when."""
        return _terms_json(self.manifest)


def row_of(shown: Shown) -> dict[str, str]:
    """Return the cells of a record by column; what it does not say is the empty text."""
    value = orjson.loads(shown.line)
    cells = {name: _text(_member(value, name)) for name in _MEMBERS}
    terms = _terms(shown.manifest)
    return {
        "origin": shown.origin,
        **cells,
        **{name: _text(terms[name]) for name in _TERMS},
        "record": shown.line.decode(),
    }


def _member(value: dict[str, Any], path: str) -> Any:
    found: Any = value
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(_named(one) for one in value)
    return str(value)


def _named(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    return f"{one['scheme']}:{one['value']}" if "scheme" in one else f"{one['organisation']}:{one['role']}"


def _terms(manifest: Manifest) -> dict[str, Any]:
    audience = manifest.audience
    return {
        "tlp": audience.tlp,
        "expires": wire_time(manifest.expires),
        "purposes": audience.purposes,
        "sectors": audience.sectors,
        "organisations": audience.organisations,
        "groups": audience.groups,
    }


@lru_cache(maxsize=1024)
def _terms_json(manifest: Manifest) -> bytes:
    return orjson.dumps(_terms(manifest))
