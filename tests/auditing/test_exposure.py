"""To whom a record was released, and what was released to an organisation: exactly what pages carried."""

from typing import Any
from uuid import UUID

import pytest

from server.auditing import exposing
from server.auditing.viewing import Viewer, open_trail_pool, reading
from tests.exchanges import place, pull
from tests.signals import Batch, a_batch, a_signal

ALL = Viewer(organisation_id=1, organisation="node.example", sees_all=True)


@pytest.fixture
def trail_db(database):
    pool = open_trail_pool(database.auditor)
    with reading(pool) as db:
        db.autocommit = True
        yield db
    pool.close()


def shared(partner: Any, record: Any, **claims: Any) -> Batch:
    batch = a_batch(partner, [record], **claims)
    answered = partner.push(batch.document)
    assert answered.status == 201, answered.body
    return batch


def of_record(db: Any, origin: str, record: Any) -> list[tuple[str, int, str]]:
    report = exposing.exposure_of_record(db, ALL, origin, UUID(record["id"]))
    assert report is not None
    assert not report.page.more
    return [(one.organisation, one.revision, one.leaf) for one in report.releases]


def test_a_pull_that_brought_a_record_is_told_with_its_receipt(node, hotline, platform, index, trail_db):
    record = a_signal()
    shared(hotline.partner, record)
    place(node)
    page = pull(platform.partner, purpose="investigation")
    index()

    report = exposing.exposure_of_record(trail_db, ALL, "hotline.example", UUID(record["id"]))

    assert report is not None
    (release,) = report.releases
    assert (release.organisation, release.revision, release.purpose) == ("platform.example", 1, "investigation")
    assert release.leaf == page.answered.receipt
    assert report.complete
