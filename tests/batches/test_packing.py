from uuid import UUID

import psycopg
import pytest

from server.batches import packing


@pytest.fixture
def db(database):
    with psycopg.connect(database.app) as connection:
        yield connection


def returned(db, cast: str, array: object) -> object:
    return db.execute(f"SELECT %s::{cast}[]", [array]).fetchone()[0]


def test_uuids_arrive_as_they_were_packed(db) -> None:
    values = [UUID(int=1), UUID(int=2**128 - 1)]
    assert returned(db, "uuid", packing.uuids([value.bytes for value in values])) == values


def test_bytes_of_any_length_and_nulls_arrive_as_they_were_packed(db) -> None:
    values = [b"", None, b"\0\\x", bytes(144)]
    assert returned(db, "bytea", packing.byteas(values)) == values


def test_text_and_nulls_arrive_as_they_were_packed(db) -> None:
    values = ["sha256", None, "", "été"]
    assert returned(db, "text", packing.texts(values)) == values


def test_integers_arrive_as_they_were_packed(db) -> None:
    assert returned(db, "integer", packing.integers([0, -1, 2**31 - 1])) == [0, -1, 2**31 - 1]


def test_bigints_arrive_as_they_were_packed(db) -> None:
    assert returned(db, "bigint", packing.bigints([0, -1, 2**63 - 1])) == [0, -1, 2**63 - 1]


def test_booleans_arrive_as_they_were_packed(db) -> None:
    assert returned(db, "boolean", packing.booleans([True, False, True])) == [True, False, True]


def test_an_empty_array_is_an_empty_array(db) -> None:
    assert returned(db, "uuid", packing.uuids([])) == []
