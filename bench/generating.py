"""Make synthetic signals and sign them in batches, before anything is timed: about 150,000 records a second a core.

All values come from a seeded generator and stand for nothing. Lines are written by hand in their canonical spelling,
because the time before a measurement counts too; `prove` shows for every shape that they are what the product's own
reader and schemas accept.
"""

import random
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crypto.batches import records_root
from crypto.canonical import parse_canonical
from crypto.documents import BATCH, sign_document
from crypto.encoding import to_base64url
from crypto.keys import PrivateKey
from crypto.keys import keyid as keyid_of
from schemas.bulk import is_record, record_problems

RECORDS_OF_A_BATCH = 1_000
AUDIENCE = {"tlp": "GREEN", "groups": [], "organisations": [], "sectors": [], "purposes": []}

_LIFE = timedelta(days=365)
_SALT_BYTES, _VALUE_BYTES, _ID_BYTES = 16, 32, 8
_BYTES_OF_A_RECORD = _SALT_BYTES + _VALUE_BYTES + _ID_BYTES
_VARIANTS = "89ab"


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Signals of one type; `before` and `after` are what stands around id, salt and value."""

    signal_type: str
    media: str
    digits: int
    ai: str
    quality: str = ""

    def line(self, record_id: str, salt: str, value: str) -> str:
        return (
            f'{{"ai":{self.ai},"classifications":[{{"assessed_at":"2026-11-20","assessed_by":"hotline",'
            f'"scheme":"iwf","value":"A"}}],"id":"{record_id}","kind":"signal","media":"{self.media}",'
            f'"origin_of_report":"proactive",{self.quality}"revision":1,"salt":"{salt}",'
            f'"signal_type":"{self.signal_type}","status":"active","value":"{value}"}}'
        )


_UNASSESSED = '{"status":"unassessed"}'
_SUSPECTED = '{"basis":["detector"],"confidence":91,"detector":{"name":"sample","version":"1.2"},"status":"suspected"}'
# What hash lists hold: mostly cryptographic hashes of images, a perceptual one for every fourth.
_SHAPES = (
    _Shape(signal_type="md5", media="image", digits=32, ai=_UNASSESSED),
    _Shape(signal_type="sha256", media="image", digits=64, ai=_UNASSESSED),
    _Shape(signal_type="md5", media="video", digits=32, ai=_UNASSESSED),
    _Shape(signal_type="pdq", media="image", digits=64, ai=_UNASSESSED, quality='"quality":87,'),
    _Shape(signal_type="sha1", media="image", digits=40, ai=_UNASSESSED),
    _Shape(signal_type="md5", media="image", digits=32, ai=_UNASSESSED),
    _Shape(signal_type="sha256", media="image", digits=64, ai=_SUSPECTED),
    _Shape(signal_type="pdq", media="image", digits=64, ai=_UNASSESSED, quality='"quality":100,'),
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One signal: its line, and what an index holds of it (`record_id` 16 bytes, `value` as bytes)."""

    line: bytes
    record_id: bytes
    signal_type: str
    value: bytes


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A signed batch: the document as it is pushed, its id, its manifest and its records."""

    jti: str
    document: bytes
    manifest: str
    records: list[Record]


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Whose batches these are, the origin and its record key; and who may have them."""

    federation: str
    organisation: str
    record_key: PrivateKey
    audience: Mapping[str, object] = field(default_factory=lambda: AUDIENCE)


class Generator:
    """Makes records and batches that never repeat; two generators with one seed make the same records."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - synthetic values, not secrets
        self._made = 0

    def records(self, count: int) -> list[Record]:
        """Return the next `count` signals, each with a value of its own."""
        data = self._random.randbytes(_BYTES_OF_A_RECORD * count)
        now_ms = f"{time.time_ns() // 1_000_000:012x}"
        first = self._made
        self._made += count
        return [
            _record(data[start : start + _BYTES_OF_A_RECORD], _SHAPES[(first + index) % len(_SHAPES)], now_ms)
            for index, start in enumerate(range(0, len(data), _BYTES_OF_A_RECORD))
        ]

    def batch(self, signer: Signer, *, size: int = RECORDS_OF_A_BATCH) -> Batch:
        """Return the next batch of `size` signals, signed by its origin."""
        records = self.records(size)
        jti = _uuid7(f"{time.time_ns() // 1_000_000:012x}", self._random.randbytes(_ID_BYTES + 2))
        document, manifest = sign_lines(signer, jti, [record.line for record in records])
        return Batch(jti=jti, document=document, manifest=manifest, records=records)

    def batches(self, signer: Signer, *, records: int, size: int = RECORDS_OF_A_BATCH) -> Iterator[Batch]:
        """Yield as many batches of `size` as hold `records` signals."""
        for _ in range(records // size):
            yield self.batch(signer, size=size)


def sign_lines(signer: Signer, jti: str, lines: list[bytes], *, kind: str = "signal") -> tuple[bytes, str]:
    """Return the document of a batch of these lines as it is pushed, and its manifest."""
    manifest = sign_document(
        _manifest_claims(signer, jti, lines, kind),
        typ=BATCH,
        key=signer.record_key,
        keyid=keyid_of(signer.organisation, signer.record_key.thumbprint),
    )
    return b"\n".join([b'{"manifest":"%b"}' % manifest.encode("ascii"), *lines, b""]), manifest


def prove() -> None:
    """Show for every shape that its lines are canonical and valid by the product's own reader and schemas.

    Raises:
        ValueError: they are not: the bench measures something else than it says.
    """
    for record in Generator("proof").records(4 * len(_SHAPES)):
        value = parse_canonical(record.line)
        if not is_record("signal", value):
            raise ValueError(f"the generator writes signals that are none: {record_problems('signal', value)}")


def _record(data: bytes, shape: _Shape, now_ms: str) -> Record:
    digits = data[: shape.digits // 2]
    salt = urlsafe_b64encode(data[_VALUE_BYTES : _VALUE_BYTES + _SALT_BYTES])[:22].decode("ascii")
    record_id = _uuid7(now_ms, data[_VALUE_BYTES + _SALT_BYTES :] + data[:2])
    return Record(
        line=shape.line(record_id, salt, digits.hex()).encode("ascii"),
        record_id=bytes.fromhex(record_id.replace("-", "")),
        signal_type=shape.signal_type,
        value=digits,
    )


def _uuid7(now_ms: str, data: bytes) -> str:
    """Return a UUIDv7 (RFC 9562 §5.7) of twelve hex digits of time and ten random bytes."""
    digits = data.hex()
    variant = _VARIANTS[data[0] & 3]
    return f"{now_ms[:8]}-{now_ms[8:]}-7{digits[2:5]}-{variant}{digits[5:8]}-{digits[8:20]}"


def _manifest_claims(signer: Signer, jti: str, lines: list[bytes], kind: str) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "v": 1,
        "federation": signer.federation,
        "iss": signer.organisation,
        "jti": jti,
        "iat": int(now.timestamp()),
        "kind": kind,
        "schema": f"{kind}/1",
        "audience": signer.audience,
        "about": None,
        "expires": (now + _LIFE).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "count": len(lines),
        "root": to_base64url(records_root(lines)),
    }
