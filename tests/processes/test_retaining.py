"""Holds, set and lifted by an operator with the owner's connection; the eraser's command and its settings."""

import psycopg
import pytest

from server.settings import SettingsMissing, read_settings

HELD = ("--origin", "node.example", "--record", "0193d9d4-0000-7000-8000-000000000000")
SAID = ("--reason-token", "case-17", "--holder", "operator-1")


def test_a_hold_is_set_listed_and_released(havre_node):
    assert havre_node("hold", *HELD, *SAID).stdout.startswith(
        "node.example/0193d9d4-0000-7000-8000-000000000000 is held"
    )
    listed = havre_node("holds").stdout
    assert listed.startswith("node.example/0193d9d4-0000-7000-8000-000000000000  case-17  by operator-1  since 20")
    assert havre_node("release", *HELD, *SAID).returncode == 0
    assert havre_node("holds").stdout == "No hold stands.\n"


def test_what_cannot_be_held_or_released_is_said(havre_node):
    assert "No organisation other.example" in havre_node("hold", "--origin", "other.example", *SAID).stderr
    assert "No hold on node.example stands" in havre_node("release", "--origin", "node.example", *SAID).stderr


def test_a_token_is_no_free_text(havre_node):
    ended = havre_node("hold", "--origin", "node.example", "--reason-token", "a name", "--holder", "operator-1")
    assert ended.returncode == 2


def test_only_the_owner_sets_a_hold(havre_node, database):
    refused = havre_node("hold", *HELD, *SAID, HAVRE_OWNER_DATABASE_URL=None)
    assert (refused.returncode, "HAVRE_OWNER_DATABASE_URL" in refused.stderr) == (1, True)
    with psycopg.connect(database.owner) as db:
        assert db.execute("SELECT count(*) FROM legal_hold").fetchone() == (0,)


def test_the_eraser_wants_its_own_role(havre_node):
    ended = havre_node("eraser", HAVRE_ERASER_DATABASE_URL=None)
    assert (ended.returncode, "HAVRE_ERASER_DATABASE_URL" in ended.stderr) == (1, True)


@pytest.mark.parametrize("days", ["0", "-1", "30d", "99999"])
def test_a_retention_that_is_no_number_of_days_is_refused(node, days):
    with pytest.raises(SettingsMissing, match="HAVRE_RETENTION_DAYS"):
        read_settings(node.environment | {"HAVRE_RETENTION_DAYS": days})


def test_what_is_over_is_kept_for_30_days_unless_the_node_says_otherwise(node):
    assert node.settings.retention_days == 30
    assert read_settings(node.environment | {"HAVRE_RETENTION_DAYS": "7"}).retention_days == 7


@pytest.mark.parametrize("days", ["0", "89", "x", "99999"])
def test_a_retention_of_entries_below_90_days_is_refused(node, days):
    with pytest.raises(SettingsMissing, match="HAVRE_ENTRY_RETENTION_DAYS"):
        read_settings(node.environment | {"HAVRE_ENTRY_RETENTION_DAYS": days})
