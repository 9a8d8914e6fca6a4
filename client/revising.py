"""Turn a draft into the next revision of one's own record, where it names one or its key turned out to be stolen.

A record that is on the node stays its record, also where the batch was set aside with a revoked key: it is shared again
by a further revision under a key that counts, which replaces all earlier leaves.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from client.drafting import Draft, content_digest
from client.pushed_terms import terms_of
from client.state import outbox, records
from client.state.records import Revision
from crypto.canonical import NotCanonical
from crypto.documents import BATCH, read_document
from crypto.encoding import to_base64url

_FILLED_IN = frozenset({"id", "kind", "revision", "salt", "status", "replaces"})


@dataclass(frozen=True, kw_only=True)
class Revised:
    """A draft as it is to be signed; `digest` is the content that it goes by, None: its own."""

    draft: Draft
    digest: bytes | None = None


class Reviser:
    """Revises the drafts of one push."""

    def __init__(self, db: sqlite3.Connection, *, organisation: str, now: datetime) -> None:
        self._db = db
        self._organisation = organisation
        self._now = now
        self._is_any_aside = records.is_any_set_aside(db, organisation)

    def revise(self, draft: Draft) -> Revised | None:
        """Return the draft to sign, as it came where there is nothing to fill in; None: it is shared like that."""
        given = draft.record
        if isinstance(given.get("id"), str):
            return self._named(draft, given["id"])
        digest = _digest(draft) if self._is_any_aside else None
        record_id = None if digest is None else outbox.record_of(self._db, digest)
        known = [] if record_id is None else self._known(record_id)
        if not known or not known[-1].is_set_aside or known[-1].status == "withdrawn":
            return Revised(draft=draft)
        record = {**given, "id": record_id, "revision": known[-1].revision + 1, "replaces": _replaced(known)}
        return Revised(draft=replace(draft, record=record), digest=digest)

    def _named(self, draft: Draft, record_id: str) -> Revised | None:
        given = draft.record
        known = self._known(record_id)
        if not known or known[-1].status == "withdrawn" or "replaces" in given:
            return Revised(draft=draft)
        manifest, expires = records.batch_of_revision(self._db, known[-1].batch_id)
        if expires <= int(self._now.timestamp()):
            return Revised(draft=draft)
        revision = given.get("revision")
        if revision is None:
            if not known[-1].is_set_aside and self._is_same(draft, known[-1], manifest):
                return None
            revision = known[-1].revision + 1
        if not isinstance(revision, int) or revision <= 1:
            return Revised(draft=draft)
        earlier = [one for one in known if one.revision < revision]
        record = {**given, "revision": revision, "replaces": _replaced(earlier)}
        return Revised(draft=replace(draft, record=record))

    def _known(self, record_id: str) -> list[Revision]:
        return records.revisions_of(self._db, self._organisation, record_id, with_set_aside=True)

    def _is_same(self, draft: Draft, newest: Revision, manifest: str) -> bool:
        claims = read_document(manifest, typ=BATCH).claims
        if newest.line is None or terms_of(claims) != draft.terms:
            return False
        shared: dict[str, Any] = orjson.loads(newest.line)
        same_kind = draft.record.get("kind", "signal") == shared["kind"]
        return same_kind and _content(draft.record) == _content(shared)


def _content(record: Any) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _FILLED_IN}


def _replaced(known: Sequence[Revision]) -> list[str]:
    """Return the leaves of these revisions, and those that the last of them replaced before it was known here."""
    leaves = {to_base64url(one.leaf) for one in known}
    if known and known[-1].line is not None:
        leaves.update(orjson.loads(known[-1].line).get("replaces", ()))
    return sorted(leaves)


def _digest(draft: Draft) -> bytes | None:
    try:
        return content_digest(draft.record, draft.terms)
    except NotCanonical:
        return None
