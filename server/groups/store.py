"""Speak SQL for groups: the members that a record names."""

from collections.abc import Iterable

from server.db import Connection


def organisation_ids(db: Connection, *, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those organisations among `names` that were ever admitted."""
    return dict(
        db.execute(
            "SELECT name, organisation_id FROM organisation WHERE name = ANY (%(names)s)", {"names": list(names)}
        ).fetchall()
    )
