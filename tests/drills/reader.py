"""A reader that believes nothing: it follows the feed and proves every batch and every chain it is given."""

from dataclasses import dataclass, field

from crypto.batches import (
    ChainHead,
    StoredDocument,
    record_leaves,
    split_documents,
    verify_acceptance,
    verify_chain_step,
    verify_lines,
    verify_manifest,
)
from crypto.documents import BATCH, document_digest, read_document
from tests.partners import FEDERATION, Partner


@dataclass(kw_only=True)
class Reader:
    """What `partner` has read so far; `origins` are those whose record keys it knows."""

    partner: Partner
    origins: dict[str, Partner]
    cursor: str | None = None
    heads: dict[str, ChainHead] = field(default_factory=dict)
    batches: list[tuple[str, str]] = field(default_factory=list)
    records: dict[tuple[str, bytes], bytes] = field(default_factory=dict)

    def pull(self, *, limit: int = 4096) -> bool:
        """Read one page and return whether more follow.

        Raises:
            NotVerified: an answer, a batch or its place in its stream is not what it must be.
        """
        after = "" if self.cursor is None else f"&after={self.cursor}"
        answered = self.partner.get(f"/v1/feed?limit={limit}{after}", purpose="detection")
        assert answered.status == 200, answered.body
        *documents, last = split_documents(answered.body)
        for document in documents:
            assert isinstance(document, StoredDocument)
            self._take(document)
        assert isinstance(last, dict)
        self.cursor = last["page"]["next"]
        more: bool = last["page"]["more"]
        return more

    def catch_up(self, *, limit: int = 4096) -> None:
        """Read until nothing more is there."""
        while self.pull(limit=limit):
            pass

    def _take(self, document: StoredDocument) -> None:
        origin = read_document(document.manifest, typ=BATCH).organisation
        signer = self.origins[origin]
        manifest = verify_manifest(document.manifest, key=signer.record.key.public, federation=FEDERATION)
        verify_lines(manifest.claims, record_leaves(document.lines))
        accepted = verify_acceptance(
            document.accepted,
            key=self.partner.node.key.public,
            federation=FEDERATION,
            manifest_digest=document_digest(document.manifest),
        )
        stream = accepted.claims["stream"]
        # Raises for a batch that is skipped, doubled, or out of its stream's order.
        self.heads[stream] = verify_chain_step(accepted, statement_seq=1, previous=self.heads.get(stream))
        self.batches.append((origin, manifest.claims["jti"]))
        for leaf, line in zip(record_leaves(document.lines), document.lines, strict=True):
            assert isinstance(line, bytes)
            self.records[origin, leaf] = line
