"""The index of the trail says what the log says: whose act, concerning whom; killed, behind, or made again."""

from typing import Any

import psycopg
import pytest
from psycopg import sql

from server.auditing import indexing
from tests.exchanges import place, pull, rows_of
from tests.signals import a_batch, a_signal


def told_by(owner_url: str) -> dict[str, list[Any]]:
    """The index without the numbers that combinations and scopes happened to get."""
    with psycopg.connect(owner_url) as db:
        return {
            "entries": db.execute(
                """
                SELECT index, leaf, at, records, first_place, last_place, places, organisation, keyid, action, reason
                  FROM trail_entry LEFT JOIN trail_combination USING (combination_id) ORDER BY index
                """
            ).fetchall(),
            "postings": db.execute(
                """
                SELECT organisation, of_records, index FROM trail_posting JOIN trail_scope USING (scope_id)
                 ORDER BY organisation, of_records, index
                """
            ).fetchall(),
            "days": db.execute(
                """
                SELECT trail_scope.organisation, of_records, day, keyid, action, decision, reason, entries
                  FROM trail_day JOIN trail_scope USING (scope_id) JOIN trail_combination USING (combination_id)
                 ORDER BY trail_scope.organisation, of_records, keyid, action, decision, reason
                """
            ).fetchall(),
            "spans": db.execute("SELECT * FROM trail_span ORDER BY is_day, begins_at").fetchall(),
            "records": db.execute("SELECT * FROM trail_record ORDER BY index").fetchall(),
        }


def test_every_placed_entry_has_its_line(node, hotline, platform, index):
    hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    pull(platform.partner)

    indexed = index()

    with psycopg.connect(node.settings.owner_database_url) as db:
        assert db.execute("SELECT count(*) FROM trail_entry").fetchone() == (indexed,)
        assert db.execute("SELECT size FROM log_head").fetchone() == (indexed,)


def test_a_pull_concerns_whose_records_it_held_and_nobody_else(node, hotline, platform, index):
    hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    place(node)
    page = pull(platform.partner)
    index()

    with psycopg.connect(node.settings.owner_database_url) as db:
        concerned = db.execute(
            """
            SELECT organisation, of_records
              FROM trail_posting JOIN trail_scope USING (scope_id)
             WHERE index = (SELECT index FROM trail_entry WHERE records = 1 AND places IS NOT NULL)
             ORDER BY organisation NULLS FIRST, of_records
            """
        ).fetchall()
    assert page.records == 1
    assert concerned == [
        (None, False),
        ("hotline.example", False),
        ("hotline.example", True),
        ("platform.example", False),
    ]


def test_an_index_made_again_says_what_the_first_one_said(node, hotline, platform, index, worker_db):
    hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    index()
    pull(platform.partner)
    index()
    before = told_by(node.settings.owner_database_url)

    indexing.empty_index(worker_db)
    indexing.index_all(worker_db)

    assert told_by(node.settings.owner_database_url) == before


def test_an_index_made_again_in_the_next_epoch_says_the_same(hotline, platform, index, worker_db, database):
    hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    index()
    pull(platform.partner)
    index()
    before = told_by(database.owner)
    with psycopg.connect(database.superuser) as db:
        # What a restore does to them.
        for table in ("feed", "entitlement", "log_head"):
            db.execute(sql.SQL("UPDATE {} SET epoch = 2").format(sql.Identifier(table)))

    indexing.empty_index(worker_db)
    indexing.index_all(worker_db)

    assert told_by(database.owner) == before


def test_an_indexer_killed_within_a_step_leaves_nothing_half(node, hotline, index, worker_db, monkeypatch):
    index()
    hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    place(node)
    before = {
        name: rows for name, rows in rows_of(node.settings.owner_database_url).items() if name.startswith("trail_")
    }
    numbers = indexing.Numbers()

    def killed(*_args: object, **_named: object) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr("server.auditing.indexing_store.move_progress", killed)
    with pytest.raises(psycopg.OperationalError):
        indexing.index_placed(worker_db, numbers)
    assert {
        name: rows for name, rows in rows_of(node.settings.owner_database_url).items() if name.startswith("trail_")
    } == before

    monkeypatch.undo()
    assert indexing.index_placed(worker_db, numbers) == 1
