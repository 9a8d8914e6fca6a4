"""A founded node with a hotline, which owns groups, and a platform."""

import pytest

from tests.batches.conftest import hotline, node, refuse
from tests.growing import grown_with
from tests.partners import Partner

__all__ = ["hotline", "node", "platform", "refuse"]

template = grown_with(hotline="hotline", platform="platform")


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")
