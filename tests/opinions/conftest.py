"""A founded node with a hotline that has shared a signal, and a platform that has an opinion on it."""

import pytest

from tests.batches.conftest import hotline, node, refuse
from tests.exchanges import place
from tests.growing import grown_with
from tests.partners import Partner
from tests.signals import Json, a_batch, a_signal

__all__ = ["hotline", "node", "platform", "refuse", "shared"]

template = grown_with(hotline="hotline", platform="platform")


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")


@pytest.fixture
def shared(node, hotline) -> Json:
    """A GREEN signal of the hotline's that everybody may have."""
    signal = a_signal()
    assert hotline.push(a_batch(hotline, [signal]).document).status == 201
    place(node)
    return signal
