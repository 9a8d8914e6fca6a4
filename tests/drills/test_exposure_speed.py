"""A report of exposure takes no longer where the log is a hundred times as long."""

import statistics
import time
from uuid import UUID

import pytest

from bench.long_log import ORGANISATIONS, ORIGIN, fill
from server.auditing.exposing import exposure_of_organisation, exposure_of_record
from server.auditing.viewing import open_trail_pool, reading
from server.db import Connection
from tests.conftest import a_database
from tests.drills.exposure_world import EVERYTHING

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600)]
RATIO = 1.5
TIMES = 25


def _of_record(db: Connection, record: UUID) -> None:
    report = exposure_of_record(db, EVERYTHING, ORIGIN, record)
    assert report is not None
    assert len(report.releases) == ORGANISATIONS


def _of_organisation(db: Connection, _record: UUID) -> None:
    report = exposure_of_organisation(db, EVERYTHING, "origin-7.example", limit=200)
    assert report is not None
    assert len(report.releases) == 200


REPORTS = {"of a record": _of_record, "of an organisation": _of_organisation}


def test_a_report_of_a_long_log_is_as_quick_as_of_a_short_one(postgres, migrated):
    seconds = {}
    for size in (10_000, 1_000_000):
        with a_database(postgres, migrated) as database:
            record = fill(database.superuser, size=size)
            pool = open_trail_pool(database.auditor)
            with reading(pool) as db:
                for name, report in REPORTS.items():
                    seconds[name, size] = _median(report, db, record)
            pool.close()
    for name in REPORTS:
        assert seconds[name, 1_000_000] <= RATIO * seconds[name, 10_000], seconds


def _median(report, db: Connection, record: UUID) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        report(db, record)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
