"""What batches must know of a kind of record; each kind's feature says it, `server/app.py` wires them together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.access import Permission

IndexedValue = tuple[str, bytes]


@dataclass(frozen=True, kw_only=True)
class KindRules:
    """The rules of one kind.

    `schema` is the version in manifests, such as `signal/1`; `indexed_value` returns what no two live records of a
    channel may share (a type and its bytes), or None where nothing is.
    """

    kind: str
    schema: str
    permission: Permission
    indexed_value: Callable[[Mapping[str, Any]], IndexedValue | None]
