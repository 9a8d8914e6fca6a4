import psycopg

from migrations import snapshot


def test_the_snapshot_is_what_the_migrations_make(database) -> None:
    with psycopg.connect(database.superuser) as db:
        assert snapshot.describe(db) == (snapshot.FOLDER / "schema.sql").read_text()


def test_no_merged_migration_was_edited() -> None:
    assert snapshot.digests() == (snapshot.FOLDER / "digests.txt").read_text()


def test_every_migration_says_why_in_its_first_line() -> None:
    first_lines = [step.read_text().splitlines()[0] for step in snapshot.FOLDER.glob("[0-9]*.sql")]
    assert all(line.startswith("-- Why: ") for line in first_lines)
