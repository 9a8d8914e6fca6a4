"""`havre-node reindex`: make the index of the trail again."""

import psycopg
import rich_click as click

from server.auditing import indexing
from server.commands.saying import say, settings_or_stop, stop
from server.db import connect


@click.command()
def reindex() -> None:
    """Empty the index by which auditors search the trail; the worker makes it again from the log."""
    url = settings_or_stop().worker_database_url
    if not url:
        stop("HAVRE_WORKER_DATABASE_URL is not set: PostgreSQL, as role havre_worker.")
    try:
        with connect(url, autocommit=True, connect_timeout=10) as db:
            indexing.empty_index(db)
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_WORKER_DATABASE_URL.")
    say("The index is empty. While the worker makes it again, auditors find the older entries first.")
