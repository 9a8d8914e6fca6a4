"""One record of a pushed batch, as everything after its reading knows it."""

from typing import NamedTuple


class Line(NamedTuple):
    """One record of a pushed batch; `start` and `length` are bytes after the manifest's line.

    `detail` is what its kind keeps of an active record (`KindRules.detail_of`), None where it keeps nothing.
    `is_legal` is said of a withdrawal whose reason is `legal`.
    A tuple, because one is made a record: a frozen dataclass costs five times as much.
    """

    position: int
    start: int
    length: int
    leaf: bytes
    id_bytes: bytes
    revision: int
    replaces: frozenset[str]
    is_withdrawal: bool
    signal_type: str | None
    value: bytes | None
    detail: object
    is_legal: bool
