"""Tell a batch that the node has placed again, in a newer epoch of its log, from one that it has placed twice.

A node that was put back from a backup has lost what came after it. Its partners send that again, and it stands in a
stream of the new epoch: what an older epoch has signed convicts it of nothing there, and binds nobody's revisions.
Within one epoch nothing of this holds.
"""

from client.state.outbox import epoch_of
from crypto.documents import ACCEPTANCE, VerifiedDocument, read_document


def is_placed_anew(known: str, acceptance: VerifiedDocument) -> bool:
    """Return whether `acceptance` places the batch of the acceptance `known` in another epoch of the same log."""
    before, after = read_document(known, typ=ACCEPTANCE), acceptance
    return (
        before.organisation == after.organisation
        and before.claims["manifest_sha256"] == after.claims["manifest_sha256"]
        and _epoch(before.claims["log"]) != _epoch(after.claims["log"])
    )


def is_newer(known: str, acceptance: VerifiedDocument) -> bool:
    """Return whether `acceptance` is of a newer epoch than the acceptance `known`."""
    return _epoch(acceptance.claims["log"]) > _epoch(read_document(known, typ=ACCEPTANCE).claims["log"])


def _epoch(log: object) -> int:
    return epoch_of(str(log))
