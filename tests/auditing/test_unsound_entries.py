"""Whoever rules the database writes an entry that no process of ours writes: the index goes on, and the proofs tell."""

import psycopg
import pytest


@pytest.mark.parametrize(
    "members",
    [
        '{"purpose": ["detection"]}',
        '{"organisation": {"name": "hotline.example"}}',
        '{"reason": "a\\u0000b"}',
        '{"action": null}',
        '{"records": "many"}',
        '{"records": 1e300}',
        '{"response_status": 4294967296}',
        '{"from": [0, 1, "x", 3], "to": [0, 1, 2, 3]}',
        '{"from": [0, 9, 9, 9], "to": [0, 1, 1, 1], "action": "read_feed", "role": "consumer", "purpose": "detection"}',
    ],
    ids=lambda members: members[1:20],
)
def test_an_entry_of_another_form_does_not_stop_the_index(hotline, database, index, members):
    index()
    hotline.partner.get("/v1/whoami")
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(
            """
            UPDATE entry SET document = convert_to((convert_from(document, 'UTF8')::json)::text, 'UTF8')
             WHERE entry_id NOT IN (SELECT entry_id FROM placed)
            """
        )
        (entry_id, document) = db.execute(
            "SELECT entry_id, document FROM entry WHERE entry_id NOT IN (SELECT entry_id FROM placed)"
        ).fetchone()
        db.execute(
            "UPDATE entry SET document = %s WHERE entry_id = %s",
            [document[:-1] + b"," + members[1:].encode(), entry_id],
        )
    hotline.partner.get("/v1/whoami")
    index()

    with psycopg.connect(database.superuser) as db:
        assert db.execute("SELECT size = next_index FROM log_head CROSS JOIN trail_progress").fetchone() == (True,)
