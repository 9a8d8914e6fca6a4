"""Turn the records of a batch into columns, packed once for every statement that takes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.batches import packing
from server.batches.lines import Line


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of a batch's records, each as a binary array in the order of its lines; `count` is their length.

    `indexes` counts the batch's lines from 0; `starts` are bytes after the manifest's line.
    """

    count: int
    indexes: packing.IntegerArray
    ids: packing.UuidArray
    revisions: packing.BigintArray
    starts: packing.IntegerArray
    lengths: packing.IntegerArray
    leaves: packing.ByteaArray
    types: packing.TextArray
    values: packing.ByteaArray
    withdrawn: packing.BooleanArray


def columns_of(lines: Sequence[Line]) -> Columns:
    """Return `lines` as columns. A millisecond a thousand: not for while others wait."""
    return Columns(
        count=len(lines),
        indexes=packing.integers([line.position for line in lines]),
        ids=packing.uuids([line.id_bytes for line in lines]),
        revisions=packing.bigints([line.revision for line in lines]),
        starts=packing.integers([line.start for line in lines]),
        lengths=packing.integers([line.length for line in lines]),
        leaves=packing.byteas([line.leaf for line in lines]),
        types=packing.texts([line.signal_type for line in lines]),
        values=packing.byteas([line.value for line in lines]),
        withdrawn=packing.booleans([line.is_withdrawal for line in lines]),
    )
