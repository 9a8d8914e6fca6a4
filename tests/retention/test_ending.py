"""Groups whose time is over end: found by the worker, entered, and only once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from server.db import connect
from server.retention import ending
from server.sharing.groups import GroupRevision, set_group
from tests.partners import NODE_NAME, an_id

NOW = datetime.now(UTC)


@pytest.fixture
def group(database, node, hotline, past):
    """A group of the hotline's that lives for another hour."""
    ((owner_id,),) = past.rows("SELECT organisation_id FROM organisation WHERE name = 'hotline.example'")
    group_id = UUID(an_id())
    with connect(database.app) as db:
        set_group(
            db,
            entry_id=UUID(an_id()),
            group=GroupRevision(
                owner_id=owner_id,
                group_id=group_id,
                revision=1,
                history="all",
                expires_at=NOW + timedelta(hours=1),
                members={owner_id: "member"},
            ),
            now=NOW,
        )
    return group_id


def _end(database, *, now):
    with connect(database.worker) as db:
        return ending.end_expired_groups(db, node=NODE_NAME, now=now)


def test_a_group_lives_until_its_time_is_over(database, group, past):
    assert _end(database, now=NOW) == 0
    assert past.rows("SELECT is_live FROM sharing_group") == [(True,)]


def test_an_expired_group_is_ended_once_with_an_entry(database, group, past):
    later = NOW + timedelta(hours=2)
    assert [_end(database, now=later), _end(database, now=later)] == [1, 0]
    assert past.rows("SELECT is_live FROM sharing_group") == [(False,)]
    ((document,),) = past.rows(
        "SELECT document FROM entry JOIN unplaced USING (entry_id) WHERE action = 'expire_group'"
    )
    assert orjson.loads(orjson.loads(document)["target"]) == {"group": f"hotline.example/{group}"}
