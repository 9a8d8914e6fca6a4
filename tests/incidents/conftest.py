"""A founded node and a hotline."""

from tests.batches.conftest import hotline, node, refuse

__all__ = ["hotline", "node", "refuse"]
