"""Receipts of one's own acts, and what opening them found."""

import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt with what was sent and what came: enough to judge the entry behind it.

    `signature` and `response_sha256` are base64url; `records` is the number of records moved, None where an act moves
    none; `served` is the root over a page's documents. `content_type`, `signature_input` and `answer_signature` are the
    answer's fields and `answered_at` (seconds) its time, None in receipts of older releases. `place` is the index of
    the entry in the log, None until it was opened.
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
    content_type: str | None = None
    signature_input: str | None = None
    answer_signature: str | None = None
    answered_at: int | None = None
    received_at: int = 0
    place: int | None = None


def keep_receipt(db: sqlite3.Connection, receipt: Receipt, *, at: datetime) -> None:
    """Keep a receipt; the same one twice is one."""
    db.execute(
        """
        INSERT INTO receipt (leaf, action, received_at, target, signature_base, signature, status, response_sha256,
                             records, served, content_type, signature_input, answer_signature, answered_at)
        VALUES (:leaf, :action, :received_at, :target, :signature_base, :signature, :status, :response_sha256,
                :records, :served, :content_type, :signature_input, :answer_signature, :answered_at)
        ON CONFLICT (leaf) DO NOTHING
        """,
        asdict(receipt) | {"received_at": int(at.timestamp())},
    )


def unopened_receipts(db: sqlite3.Connection, *, limit: int) -> list[Receipt]:
    """Return up to `limit` receipts that were never opened, oldest first."""
    rows = db.execute(
        """
        SELECT leaf, action, target, signature_base, signature, status, response_sha256, records, served,
               content_type, signature_input, answer_signature, answered_at, received_at, place
          FROM receipt
         WHERE opened_at IS NULL
         ORDER BY received_at, leaf
         LIMIT :limit
        """,
        {"limit": limit},
    )
    return [Receipt(**dict(row)) for row in rows]


def unproven_receipts(db: sqlite3.Connection) -> list[Receipt]:
    """Return the receipts that agreed when they were opened, and that no head of the log was asked for yet."""
    rows = db.execute(
        """
        SELECT leaf, action, target, signature_base, signature, status, response_sha256, records, served,
               content_type, signature_input, answer_signature, answered_at, received_at, place
          FROM receipt
         WHERE place IS NOT NULL AND included_at IS NULL AND finding IS NULL
         ORDER BY place
        """
    )
    return [Receipt(**dict(row)) for row in rows]


def mark_opened(
    db: sqlite3.Connection, leaf: str, *, finding: str | None, at: datetime, place: int | None = None
) -> None:
    """Say that a receipt was opened, what was wrong, None when nothing, and where in the log its entry stands."""
    db.execute(
        "UPDATE receipt SET opened_at = :at, finding = :finding, place = :place WHERE leaf = :leaf",
        {"at": int(at.timestamp()), "finding": finding, "place": place, "leaf": leaf},
    )


def mark_included(db: sqlite3.Connection, leaf: str, *, finding: str | None, at: datetime) -> None:
    """Say that the log's tree was asked for the leaf of a receipt, and what was wrong, None when it is there."""
    db.execute(
        "UPDATE receipt SET included_at = :at, finding = :finding WHERE leaf = :leaf",
        {"at": int(at.timestamp()), "finding": finding, "leaf": leaf},
    )
