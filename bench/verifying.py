"""verify, verify_full: what a client checks of a page, against a loop of single Ed25519 verifies.

`verify` is the trust of a page: its digest, documents cut, leaves, root, manifest's signature and claims,
acceptance's signature and claims, chain. `verify_full` also reads each line (canonical spelling) and checks its form
(derived validator). Both through the functions that the client calls, in one process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from bench.generating import AUDIENCE, Generator, Signer
from bench.measuring import Measured, per_second, ratio_of, take_turns
from bench.partners import key_from
from crypto.batches import (
    ChainHead,
    StoredDocument,
    record_leaves,
    split_documents,
    stream_id,
    verify_acceptance,
    verify_chain_step,
    verify_lines,
    verify_manifest,
)
from crypto.canonical import parse_canonical
from crypto.documents import ACCEPTANCE, document_digest, sign_document
from crypto.encoding import to_base64url
from crypto.keys import PublicKey
from crypto.keys import keyid as keyid_of
from schemas.bulk import is_record

YARDSTICK = "loop of Ed25519PublicKey.verify (cryptography) over 330-byte messages, one process"

_FEDERATION, _ORIGIN, _NODE = "bench", "origin.example", "node.example"
_SINGLE_VERIFIES = 3_000
_LINE_BYTES = 330


@dataclass(frozen=True, kw_only=True)
class _Page:
    """A page of placed batches, and the two keys that signed it."""

    page: bytes
    digest: bytes
    count: int
    record_key: PublicKey
    node_key: PublicKey


def measure(*, records: int, pairs: int) -> list[Measured]:
    """Return `verify` and `verify_full` over a page of `records` signals in batches of 1,000."""
    page, single = _make_page(records), _make_singles()
    _verify(page)
    trust = take_turns(
        lambda: per_second(page.count, lambda: _verify(page)), lambda: _verify_singles(single), pairs=pairs
    )
    full = take_turns(
        lambda: per_second(page.count, lambda: _verify_full(page)), lambda: _verify_singles(single), pairs=pairs
    )
    return [
        ratio_of("verify", trust, goal=40, unit="records/s"),
        ratio_of(
            "verify_full",
            full,
            goal=10,
            unit="records/s",
            miss="per line: orjson read and write of the canonical check, then the derived validator",
        ),
    ]


def _make_page(records: int) -> _Page:
    signer = Signer(federation=_FEDERATION, organisation=_ORIGIN, record_key=key_from("verify record"))
    node_key = key_from("verify node")
    stream = stream_id(
        federation=_FEDERATION, origin=_ORIGIN, kind="signal", audience=AUDIENCE, about=None, log=f"{_NODE}/log/1"
    )
    pieces, prev = [], None
    for seq, batch in enumerate(Generator("verify").batches(signer, records=records), 1):
        claims = {
            "v": 1,
            "federation": _FEDERATION,
            "iss": _NODE,
            "manifest_sha256": to_base64url(document_digest(batch.manifest)),
            "statement_sha256": to_base64url(sha256(b"statement").digest()),
            "node_statement_sha256": to_base64url(sha256(b"node statement").digest()),
            "stream": stream,
            "seq": seq,
            "prev": prev,
            "log": f"{_NODE}/log/1",
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        accepted = sign_document(claims, typ=ACCEPTANCE, key=node_key, keyid=keyid_of(_NODE, node_key.thumbprint))
        prev = to_base64url(document_digest(accepted))
        first, _, rest = batch.document.partition(b"\n")
        pieces += [first, b"\n", b'{"accepted":"%b"}\n' % accepted.encode("ascii"), rest]
    page = b"".join(pieces)
    return _Page(
        page=page,
        digest=sha256(page).digest(),
        count=records,
        record_key=signer.record_key.public,
        node_key=node_key.public,
    )


def _verify(page: _Page) -> list[StoredDocument]:
    if sha256(page.page).digest() != page.digest:
        raise ValueError("the page is not the one that was made")
    documents = [item for item in split_documents(page.page) if isinstance(item, StoredDocument)]
    head: ChainHead | None = None
    for document in documents:
        manifest = verify_manifest(document.manifest, key=page.record_key, federation=_FEDERATION)
        verify_lines(manifest.claims, record_leaves(document.lines))
        acceptance = verify_acceptance(
            document.accepted, key=page.node_key, federation=_FEDERATION, manifest_digest=manifest.digest
        )
        head = verify_chain_step(acceptance, statement_seq=1, previous=head)
    return documents


def _verify_full(page: _Page) -> None:
    for document in _verify(page):
        for line in document.lines:
            if not isinstance(line, bytes) or not is_record("signal", parse_canonical(line)):
                raise ValueError("a signal of the bench is not one")


def _make_singles() -> tuple[PublicKey, Sequence[tuple[bytes, bytes]]]:
    key = key_from("verify single")
    lines = [record.line[:_LINE_BYTES] for record in Generator("single").records(_SINGLE_VERIFIES)]
    return key.public, [(key.sign(line), line) for line in lines]


def _verify_singles(singles: tuple[PublicKey, Sequence[tuple[bytes, bytes]]]) -> float:
    key, signed = singles
    verify = key.ed25519.verify

    def loop() -> None:
        for signature, line in signed:
            verify(signature, line)

    return per_second(len(signed), loop)
