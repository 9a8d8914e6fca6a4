"""Each of these tests has a node with two members; nothing has a place yet."""

from tests.growing import grown_with

template = grown_with(hotline="hotline", platform="platform")
