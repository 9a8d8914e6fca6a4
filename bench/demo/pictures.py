"""Real hash values of harmless pictures: those that scikit-image's package carries (cats, coins, rockets).

A picture never leaves this module: what is shared are its MD5, SHA-1, SHA-256 and PDQ.
"""

import hashlib
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import pdqhash
from PIL import Image

# PDQ's own advice: below this quality a hash says too little to be shared.
_PDQ_QUALITY_AT_LEAST = 50
_NAMESPACE = UUID("6f1d7c1e-5d0c-5d0a-9a35-0d0b8a1f4a11")


def picture_signals() -> Iterator[dict[str, Any]]:
    """Yield the signals of every picture: three digests of the file, and its PDQ where it has the quality for one.

    Two pictures that look the same share a PDQ; it comes once, since a channel holds a value once.
    """
    seen: set[str] = set()
    with as_file(files("skimage") / "data") as folder:
        for path in sorted(folder.glob("*.png")) + sorted(folder.glob("*.jpg")):
            for signal in _signals_of(path):
                if signal["value"] not in seen:
                    seen.add(signal["value"])
                    yield signal


def _signals_of(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    content_id = str(uuid5(_NAMESPACE, hashlib.sha256(data).hexdigest()))
    for signal_type in ("md5", "sha1", "sha256"):
        # MD5 and SHA-1 because hash lists use them, not because they are safe.
        yield _signal(signal_type, hashlib.new(signal_type, data, usedforsecurity=False).hexdigest(), content_id)
    bits, quality = pdqhash.compute(np.asarray(Image.open(path).convert("RGB")))
    if quality >= _PDQ_QUALITY_AT_LEAST:
        value = np.packbits(bits.astype(np.uint8)).tobytes().hex()
        yield _signal("pdq", value, content_id) | {"quality": int(quality)}


def _signal(signal_type: str, value: str, content_id: str) -> dict[str, Any]:
    return {
        "signal_type": signal_type,
        "value": value,
        "media": "image",
        "content_id": content_id,
        "classifications": [
            {
                "scheme": "interpol",
                "value": "not_illegal",
                "jurisdiction": "FR",
                "assessed_by": "one_person",
                "assessed_at": "2026-11-01",
            }
        ],
        "ai": {"status": "none_found", "basis": ["visual_review"]},
        "origin_of_report": "proactive",
    }


def synthetic_signals(count: int, *, what: str = "synthetic signal") -> Iterator[dict[str, Any]]:
    """Yield signals that stand for nothing, as an AI developer would share them: digests of `what` with a number."""
    for number in range(count):
        yield {
            "signal_type": "sha256",
            "value": hashlib.sha256(f"{what} {number}".encode()).hexdigest(),
            "media": "image",
            "classifications": [
                {"scheme": "ncmec", "value": "B2", "assessed_by": "two_or_more", "assessed_at": "2026-11-01"}
            ],
            "ai": {"status": "confirmed", "kind": "fully_synthetic", "basis": ["provider_log"]},
            "origin_of_report": "model_red_team",
        }
