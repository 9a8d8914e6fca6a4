"""A founded node with a hotline, which owns groups, and a platform."""

import pytest

from tests.batches.conftest import hotline, node, refuse
from tests.partners import Partner

__all__ = ["hotline", "node", "platform", "refuse"]


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")
