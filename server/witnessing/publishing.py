"""Choose which of this node's checkpoints the world is shown, and keep what witnesses said of them.

- Without a quorum in the policy: the newest, which needs nothing kept here.
- With one: the newest that the quorum has cosigned, with the cosignatures of all witnesses of the policy.
- What is shown never goes back: when a quorum comes into force, or an epoch begins, what is shown stands still until
  the quorum has cosigned something newer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from crypto.checkpoints import VerifierKey, verifier_key
from crypto.policies import NONE, Policy
from server.db import Connection
from server.tree.reading import StoredCheckpoint, checkpoint_at, newest_checkpoint


@dataclass(frozen=True, kw_only=True)
class Cosigned:
    """One cosignature of a checkpoint of ours: the witness's key and the signature line, without its end."""

    epoch: int
    size: int
    witness: str
    line: str
    cosigned_at: datetime


def follow_policy(db: Connection, policy: Policy | None, *, now: datetime) -> None:
    """Let what is shown stand still where a quorum came into force; let it run where there is none any more.

    Two steps, each committed: while the first stands nothing is shown, so nobody has seen more than the second shows.
    """
    if policy is None or policy.quorum == NONE:
        db.execute("DELETE FROM publication")
        return
    newest = newest_checkpoint(db)
    if newest is None:
        return
    began = db.execute(
        """
        INSERT INTO publication (one, epoch, size, note, is_cosigned, at)
        VALUES (true, %(epoch)s, %(size)s, NULL, false, %(at)s)
            ON CONFLICT ON CONSTRAINT publication_pk DO UPDATE
           SET epoch = excluded.epoch, size = excluded.size, note = NULL, is_cosigned = false, at = excluded.at
         WHERE publication.epoch < excluded.epoch OR publication.note IS NULL
        RETURNING epoch
        """,
        {"epoch": newest.epoch, "size": newest.size, "at": now},
    ).fetchone()
    standing = newest_checkpoint(db) if began is not None else None
    if standing is not None:
        db.execute(
            """
            UPDATE publication
               SET epoch = %(epoch)s, size = %(size)s, note = %(note)s, at = %(at)s
             WHERE note IS NULL
            """,
            {"epoch": standing.epoch, "size": standing.size, "note": standing.note, "at": now},
        )


def keep(db: Connection, cosigned: Cosigned) -> None:
    """Keep a verified cosignature; one by the same witness over the same checkpoint stands."""
    db.execute(
        """
        INSERT INTO cosignature (epoch, size, witness, line, cosigned_at)
        VALUES (%(epoch)s, %(size)s, %(witness)s, %(line)s, %(cosigned_at)s)
            ON CONFLICT ON CONSTRAINT cosignature_pk DO NOTHING
        """,
        {
            "epoch": cosigned.epoch,
            "size": cosigned.size,
            "witness": cosigned.witness,
            "line": cosigned.line,
            "cosigned_at": cosigned.cosigned_at,
        },
    )


def publish(db: Connection, policy: Policy, *, epoch: int, size: int, now: datetime) -> bool:
    """Show the checkpoint at `size` if the quorum has cosigned it and nothing newer is shown; return whether it has."""
    checkpoint = checkpoint_at(db, size)
    if policy.quorum == NONE or checkpoint is None or checkpoint.epoch != epoch:
        return False
    by_key = {one.witness: one for one in cosignatures(db, epoch=epoch, size=size)}
    said = [(one, by_key[spelled(one.key)]) for one in policy.witnesses if spelled(one.key) in by_key]
    if not policy.is_met([witness.key for witness, _ in said]):
        return False
    db.execute(
        """
        UPDATE publication
           SET size = %(size)s, note = %(note)s, is_cosigned = true, at = %(at)s
         WHERE epoch = %(epoch)s
           AND size <= %(size)s
        """,
        {
            "epoch": epoch,
            "size": size,
            "note": _with_lines(checkpoint, [one.line for _, one in said]),
            "at": now,
        },
    )
    return True


def cosignatures(db: Connection, *, epoch: int, size: int) -> Sequence[Cosigned]:
    """Return what witnesses said of the checkpoint at `size`, by witness."""
    with db.cursor(row_factory=class_row(Cosigned)) as rows:
        return rows.execute(
            """
            SELECT epoch, size, witness, line, cosigned_at
              FROM cosignature
             WHERE epoch = %(epoch)s
               AND size = %(size)s
             ORDER BY witness
            """,
            {"epoch": epoch, "size": size},
        ).fetchall()


def newest_cosigned(db: Connection) -> dict[str, Cosigned]:
    """Return the newest cosignature of each witness by its key."""
    with db.cursor(row_factory=class_row(Cosigned)) as rows:
        found = rows.execute(
            """
            SELECT DISTINCT ON (witness) epoch, size, witness, line, cosigned_at
              FROM cosignature
             ORDER BY witness, epoch DESC, size DESC
            """
        ).fetchall()
    return {one.witness: one for one in found}


def forget_old(db: Connection) -> int:
    """Forget cosignatures older than 30 days, but for the newest of each witness; return how many."""
    return db.execute(
        """
        DELETE FROM cosignature
         WHERE cosigned_at < now() - interval '30 days'
           AND EXISTS (SELECT FROM cosignature AS newer
                        WHERE newer.witness = cosignature.witness
                          AND (newer.epoch, newer.size) > (cosignature.epoch, cosignature.size))
        """
    ).rowcount


def spelled(key: VerifierKey) -> str:
    """Return a witness's key in its one line."""
    return verifier_key(key.name, key.public, algorithm=key.algorithm)


def _with_lines(checkpoint: StoredCheckpoint, lines: Sequence[str]) -> str:
    return checkpoint.note + "".join(f"{line}\n" for line in lines)
