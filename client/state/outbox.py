"""The journal of signed batches, and the records in them by their content.

A batch is journalled before it is sent. After a crash it is sent again as it is: the node knows its `jti` and answers
with the acceptance that it gave, or accepts it now. Accepted it stays for 35 days: a node that was put back from a
backup opens the next epoch of its log, and is sent what it may have lost.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_FOR = timedelta(days=35)
_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Journalled:
    """A signed batch that waits for its acceptance; `items` are content digests, in line order (None: no content)."""

    jti: str
    document: bytes
    items: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A batch that the node had in the epoch `log` and may have lost; `signed_at` in seconds."""

    journalled: Journalled
    log: str
    signed_at: int


def journal_batch(
    db: sqlite3.Connection,
    *,
    jti: str,
    document: bytes,
    items: Sequence[tuple[bytes, str]],
    at: datetime,
) -> None:
    """Journal a signed batch; `items` are (content digest, record id) of its lines, in order."""
    db.execute(
        "INSERT INTO journal (jti, document, state, signed_at) VALUES (:jti, :document, 'signed', :at)",
        {"jti": jti, "document": document, "at": int(at.timestamp())},
    )
    db.executemany(
        """
        INSERT INTO item (digest, jti, line_index, record_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (digest) DO UPDATE SET jti = excluded.jti, line_index = excluded.line_index,
                                           record_id = excluded.record_id
        """,
        [(digest, jti, index, record_id) for index, (digest, record_id) in enumerate(items)],
    )


def unsent_batches(db: sqlite3.Connection) -> list[Journalled]:
    """Return the batches that were signed and have no answer yet, oldest first."""
    rows = db.execute("SELECT jti, document FROM journal WHERE state = 'signed' ORDER BY position").fetchall()
    return [Journalled(jti=row["jti"], document=row["document"], items=tuple(items_of(db, row["jti"]))) for row in rows]


def count_unsent(db: sqlite3.Connection) -> int:
    """Return how many records are in batches that were signed and have no answer yet."""
    query = "SELECT count(*) FROM item JOIN journal USING (jti) WHERE journal.state = 'signed'"
    return int(db.execute(query).fetchone()[0])


def items_of(db: sqlite3.Connection, jti: str) -> list[tuple[int, bytes]]:
    """Return (line index, content digest) of a batch's records."""
    rows = db.execute("SELECT line_index, digest FROM item WHERE jti = :jti ORDER BY line_index", {"jti": jti})
    return [(row["line_index"], row["digest"]) for row in rows]


def known_items(db: sqlite3.Connection, digests: Sequence[bytes], *, origin: str) -> set[bytes]:
    """Return which of these contents are in a batch that was journalled, not refused, and not set aside since."""
    query = """
        SELECT 1 FROM item
         WHERE digest = :digest AND NOT EXISTS (
               SELECT 1 FROM batch
                WHERE batch.origin = :origin AND batch.jti = item.jti AND batch.set_aside IS NOT NULL)
    """
    return {
        digest for digest in digests if db.execute(query, {"digest": digest, "origin": origin}).fetchone() is not None
    }


def record_of(db: sqlite3.Connection, digest: bytes) -> str | None:
    """Return the id of the record that was signed for this content."""
    row = db.execute("SELECT record_id FROM item WHERE digest = :digest", {"digest": digest}).fetchone()
    return None if row is None else str(row["record_id"])


def mark_accepted(db: sqlite3.Connection, jti: str, *, accepted: str) -> None:
    """Say that the node has placed a batch, and knows it in the epoch in which its log is."""
    db.execute(
        "UPDATE journal SET state = 'accepted', accepted = :accepted WHERE jti = :jti",
        {"jti": jti, "accepted": accepted},
    )
    mark_confirmed(db, jti)


def mark_confirmed(db: sqlite3.Connection, jti: str) -> None:
    """Say that there is nothing of a batch to be sent again in the epoch in which the node's log is."""
    db.execute(
        "UPDATE journal SET confirmed = (SELECT name FROM node_log), again_at = NULL WHERE jti = :jti", {"jti": jti}
    )


def wait_again(db: sqlite3.Connection, jti: str, *, now: datetime) -> None:
    """Say that the node cannot take a batch again yet: ten minutes from now it is asked again."""
    at = int((now + _AGAIN_AFTER).timestamp())
    db.execute("UPDATE journal SET again_at = :at WHERE jti = :jti", {"jti": jti, "at": at})


def journal_waiting(db: sqlite3.Connection, *, jti: str, document: bytes, log: str, signed_at: int) -> None:
    """Journal a batch that holds again what the node had in the epoch `log` and cannot take yet."""
    db.execute(
        """
        INSERT INTO journal (jti, document, state, signed_at, confirmed)
        VALUES (:jti, :document, 'accepted', :signed_at, :log)
        """,
        {"jti": jti, "document": document, "signed_at": signed_at, "log": log},
    )


def unconfirmed_batches(db: sqlite3.Connection, *, origin: str, now: datetime) -> list[Lost]:
    """Return the accepted batches of the last 35 days that are not known to be in the node's epoch, oldest first.

    Left out: what waits, and what was set aside with a stolen key.
    """
    rows = db.execute(
        """
        SELECT journal.jti, journal.document, journal.confirmed, journal.signed_at
          FROM node_log
          JOIN journal ON journal.state = 'accepted'
                      AND journal.confirmed <> node_log.name
                      AND journal.signed_at > :since
         WHERE coalesce(journal.again_at, 0) <= :now
           AND NOT EXISTS (SELECT 1 FROM batch
                            WHERE batch.origin = :origin AND batch.jti = journal.jti AND batch.set_aside IS NOT NULL)
         ORDER BY journal.position
        """,
        {"origin": origin, "now": int(now.timestamp()), "since": int((now - KEPT_FOR).timestamp())},
    ).fetchall()
    return [
        Lost(
            journalled=Journalled(jti=row["jti"], document=row["document"], items=tuple(items_of(db, row["jti"]))),
            log=row["confirmed"],
            signed_at=row["signed_at"],
        )
        for row in rows
    ]


def is_any_lost(db: sqlite3.Connection, *, now: datetime) -> bool:
    """Return whether anything waits to be sent again to a node that may have lost it."""
    query = """
        SELECT 1
          FROM node_log
          JOIN journal ON journal.state = 'accepted'
                      AND journal.confirmed <> node_log.name
                      AND journal.signed_at > :since
         WHERE coalesce(journal.again_at, 0) <= :now
         LIMIT 1
    """
    names = {"now": int(now.timestamp()), "since": int((now - KEPT_FOR).timestamp())}
    return db.execute(query, names).fetchone() is not None


def forget_old(db: sqlite3.Connection, *, now: datetime) -> None:
    """Forget documents that were answered and signed more than 35 days ago; their contents stay known."""
    db.execute(
        "DELETE FROM journal WHERE state <> 'signed' AND signed_at <= :since",
        {"since": int((now - KEPT_FOR).timestamp())},
    )


def node_log(db: sqlite3.Connection) -> str | None:
    """Return the newest epoch of the node's log that is known here, such as `node.example/log/1`."""
    row = db.execute("SELECT name FROM node_log").fetchone()
    return None if row is None else str(row["name"])


def note_log(db: sqlite3.Connection, name: str) -> bool:
    """Keep the log that an acceptance names if its epoch is newer; return whether it follows one known before."""
    known = node_log(db)
    return (known is None or epoch_of(name) > epoch_of(known)) and hear_log(db, name)


def hear_log(db: sqlite3.Connection, name: str) -> bool:
    """Keep what the node says its log is now; return whether that is another than one known before.

    Nobody has signed it. If it is wrong, what is sent again is known to the node, and the next answer mends it.
    """
    known = node_log(db)
    db.execute(
        "INSERT INTO node_log (one, name) VALUES (1, :name) ON CONFLICT (one) DO UPDATE SET name = excluded.name",
        {"name": name},
    )
    return known not in {None, name}


def epoch_of(log: str) -> int:
    """Return the number of a log's epoch: 2 of `node.example/log/2`."""
    return int(log.rpartition("/")[2])


def mark_refused(db: sqlite3.Connection, jti: str) -> None:
    """Say that the node has refused a batch, so that its records may be pushed again."""
    db.execute("UPDATE journal SET state = 'refused' WHERE jti = :jti", {"jti": jti})
    db.execute("DELETE FROM item WHERE jti = :jti", {"jti": jti})


def forget_item(db: sqlite3.Connection, record_id: str) -> None:
    """Let the content of a withdrawn record be shared anew."""
    db.execute("DELETE FROM item WHERE record_id = :record_id", {"record_id": record_id})
