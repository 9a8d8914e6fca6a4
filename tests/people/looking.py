"""What tests look at in the database: entries as they were written, and rows moved in time."""

from typing import Any

import orjson
import psycopg

from tests.partners import TestNode


def entries(node: TestNode, action: str | None = None) -> list[dict[str, Any]]:
    """The entries, oldest first; of `action` alone, if it is given."""
    with psycopg.connect(node.settings.owner_database_url) as db:
        documents = [
            orjson.loads(document) for (document,) in db.execute("SELECT document FROM entry ORDER BY entry_id")
        ]
    return [each for each in documents if action in {None, each["action"]}]


def last_entry(node: TestNode) -> dict[str, Any]:
    return entries(node)[-1]


def change(superuser_url: str, statement: str, *parameters: object) -> None:
    """Change rows as nobody at the node may, such as a time that has passed."""
    with psycopg.connect(superuser_url) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(statement.encode(), parameters)


def pass_time(database: Any, interval: str) -> None:
    """Let every session have been opened, used and confirmed earlier by `interval`."""
    change(
        database.superuser,
        """
        UPDATE session
           SET signed_in_at = signed_in_at - %s::interval,
               seen_at = seen_at - %s::interval,
               confirmed_at = confirmed_at - %s::interval
        """,
        interval,
        interval,
        interval,
    )


def unconfirm(database: Any) -> None:
    """Let the last use of a passkey be six minutes ago, in sessions that were used a moment ago."""
    change(database.superuser, "UPDATE session SET confirmed_at = confirmed_at - interval '6 minutes'")
