"""The rules of signals: who may push them, and that a channel holds a value once."""

from collections.abc import Mapping
from typing import Any

from schemas.signals import value_bytes
from server.access import Permission
from server.batches.kinds import IndexedValue, KindRules


def _indexed_value(record: Mapping[str, Any]) -> IndexedValue:
    signal_type = record["signal_type"]
    return signal_type, value_bytes(signal_type, record["value"])


SIGNALS = KindRules(kind="signal", schema="signal/1", permission=Permission.PUSH_SIGNAL, indexed_value=_indexed_value)
