"""What batches must know of a kind of record; each kind's feature says it, `server/app.py` wires them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.manifests import Manifest
from server.access import Permission
from server.batches.lines import Line
from server.batches.revising import KnownRevision
from server.db import Connection
from server.errors import RefusedMember

IndexedValue = tuple[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """A batch behind the lock of its stream, as the rules of its kind see it.

    `known` are all stored revisions of its records; `audience_id` and `about_id` are its channel's; `at` is the time of
    its place, `entry_id` names the act that stores it.
    """

    db: Connection
    entry_id: UUID
    origin_id: int
    about_id: int | None
    audience_id: int
    manifest: Manifest
    lines: Sequence[Line]
    known: Sequence[KnownRevision]
    at: datetime

    def active(self) -> list[Line]:
        """Return the records that are no withdrawals."""
        return [line for line in self.lines if not line.is_withdrawal]

    def withdrawn(self) -> list[bytes]:
        """Return the ids (16 bytes) of the records that are withdrawn."""
        return [line.id_bytes for line in self.lines if line.is_withdrawal]


@dataclass(frozen=True, kw_only=True)
class KindRules:
    """The rules of one kind, in the order in which they are asked; None where a kind has none.

    `schema` is the version in manifests, such as `signal/1`; `indexed_value` returns what no two live records of a
    channel may share (a type and its bytes); `detail_of` returns what the later rules need of an active record.
    `judge_form` asks neither the clock nor the database; `take_locks` takes what must be locked before the stream is;
    `judge` and `store` run behind the stream's lock, `store` when the batch is stored and nothing is refused any more.
    `names_itself`: the audience names what the batch itself brings, so nobody's standing in it is asked.
    """

    kind: str
    schema: str
    permission: Permission
    indexed_value: Callable[[Mapping[str, Any]], IndexedValue] | None = None
    detail_of: Callable[[Mapping[str, Any]], object] | None = None
    judge_form: Callable[[Manifest, Sequence[Line]], list[RefusedMember]] | None = None
    take_locks: Callable[[Connection], None] | None = None
    judge: Callable[[Pushed], list[RefusedMember]] | None = None
    store: Callable[[Pushed], None] | None = None
    names_itself: bool = False
