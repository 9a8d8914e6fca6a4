"""What a partner was given out of band: in whom all belief begins."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """What a partner was given out of band: the federation, the node, and the thumbprint of the node's root."""

    federation: str
    node: str
    node_root: str
