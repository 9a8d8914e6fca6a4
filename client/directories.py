"""The node's directory: the newest one that its key has signed, and never an older one again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from client.anchors import Anchors
from client.failures import NotVerified, Unreachable
from client.known import load_claims
from client.state import trust as store
from client.state.opening import State
from client.wire import Wire
from crypto import refusals
from crypto.documents import DIRECTORY, document_digest, read_document, verify_document
from crypto.keys import PublicKey
from schemas.answers import SignedDirectorySchema
from schemas.directory import Directory, DirectorySchema

_CLOCK_DIFFERENCE = timedelta(seconds=120)
_DIRECTORY = DirectorySchema()

NodeKey = Callable[[str, datetime], PublicKey]
"""Return the node's key that a keyid names, held at a moment."""


class KnownDirectory:
    """The directory of one partner's node, over its state."""

    def __init__(self, *, anchors: Anchors, state: State, wire: Wire, node_key: NodeKey) -> None:
        self._anchors = anchors
        self._state = state
        self._wire = wire
        self._node_key = node_key

    def newest(self) -> Directory | None:
        """Return the newest directory that was verified."""
        token = store.directory_token(self._state.db)
        if token is None:
            return None
        directory: Directory = load_claims(_DIRECTORY, read_document(token, typ=DIRECTORY).claims)
        return directory

    def refresh(self) -> Directory:
        """Return the node's directory, read anew where the node answers; it may have expired.

        Raises:
            Unreachable: the node does not answer and no directory is known.
            NotVerified: it is not the node's, or older than the one that is known.
        """
        known = self.newest()
        try:
            token: str = self._wire.read_public("/v1/directory", SignedDirectorySchema()).directory
        except Unreachable:
            if known is None:
                raise
            return known
        directory = self._verify(token)
        if known is not None and directory.seq < known.seq:
            raise NotVerified("directory_seq_lower", about=self._anchors.node)
        if known is not None and directory.seq == known.seq:
            before = store.directory_token(self._state.db) or ""
            if document_digest(before) != document_digest(token):
                raise NotVerified("directory_forked", about=self._anchors.node)
            return known
        with self._state.transaction():
            store.keep_directory(self._state.db, seq=directory.seq, token=token)
        return directory

    def _verify(self, token: str) -> Directory:
        try:
            named = read_document(token, typ=DIRECTORY)
            key = self._node_key(named.keyid, self._wire.source.now())
            document = verify_document(token, typ=DIRECTORY, key=key, federation=self._anchors.federation)
        except refusals.NotVerified as error:
            raise NotVerified(f"directory_{error.reason}", about=self._anchors.node) from error
        directory: Directory = load_claims(_DIRECTORY, document.claims)
        if directory.iat > self._wire.source.now() + _CLOCK_DIFFERENCE:
            raise NotVerified("directory_ahead", about=self._anchors.node)
        return directory
