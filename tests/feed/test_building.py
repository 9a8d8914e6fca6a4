"""A page comes to its end, whatever others end or withdraw while it is built."""

import psycopg

from server.feed import store
from tests.exchanges import place, pull_all
from tests.signals import a_batch, signals


def test_what_others_end_again_and_again_keeps_no_reader_from_its_page(
    node, database, hotline, platform, monkeypatch
) -> None:
    batch = a_batch(hotline, signals(1))
    hotline.push(batch.document)
    place(node)
    documents, endings = store.documents, []

    def while_something_ends(*arguments, **named):
        yield from documents(*arguments, **named)
        endings.append(_ends_something(database))
        assert len(endings) < 9, "built for ever"

    monkeypatch.setattr(store, "documents", while_something_ends)
    assert pull_all(platform).jtis == [batch.jti]
    assert endings == [True, False]


def _ends_something(database) -> bool:
    """End something of everybody's, as an act does; whether it could without waiting for a page."""
    with psycopg.connect(database.superuser, options="-c lock_timeout=50ms") as db:
        try:
            db.execute("UPDATE organisation SET entitlement_version = entitlement_version + 1")
        except psycopg.errors.LockNotAvailable:
            db.rollback()
            return False
    return True
