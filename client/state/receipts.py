"""Receipts of one's own acts, and what opening them found."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt with what was sent and what came: enough to judge the entry behind it.

    `signature` and `response_sha256` are base64url; `records` is the number of records moved, None where an act moves
    none; `served` is the root over a page's documents.
    """

    leaf: str
    action: str
    target: str
    signature_base: bytes
    signature: str
    status: int
    response_sha256: str
    records: int | None = None
    served: str | None = None


def keep_receipt(db: sqlite3.Connection, receipt: Receipt, *, at: datetime) -> None:
    """Keep a receipt; the same one twice is one."""
    db.execute(
        """
        INSERT INTO receipt (leaf, action, received_at, target, signature_base, signature, status,
                             response_sha256, records, served)
        VALUES (:leaf, :action, :at, :target, :signature_base, :signature, :status, :response_sha256, :records, :served)
        ON CONFLICT (leaf) DO NOTHING
        """,
        {
            "leaf": receipt.leaf,
            "action": receipt.action,
            "at": int(at.timestamp()),
            "target": receipt.target,
            "signature_base": receipt.signature_base,
            "signature": receipt.signature,
            "status": receipt.status,
            "response_sha256": receipt.response_sha256,
            "records": receipt.records,
            "served": receipt.served,
        },
    )


def unopened_receipts(db: sqlite3.Connection, *, limit: int) -> list[Receipt]:
    """Return up to `limit` receipts that were never opened, oldest first."""
    rows = db.execute(
        """
        SELECT leaf, action, target, signature_base, signature, status, response_sha256, records, served
          FROM receipt
         WHERE opened_at IS NULL
         ORDER BY received_at, leaf
         LIMIT :limit
        """,
        {"limit": limit},
    )
    return [Receipt(**dict(row)) for row in rows]


def mark_opened(db: sqlite3.Connection, leaf: str, *, finding: str | None, at: datetime) -> None:
    """Say that a receipt was opened and what was wrong, None when nothing."""
    db.execute(
        "UPDATE receipt SET opened_at = :at, finding = :finding WHERE leaf = :leaf",
        {"at": int(at.timestamp()), "finding": finding, "leaf": leaf},
    )
