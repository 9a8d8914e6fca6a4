"""What a test may rely on when it asks for the fixture `database`."""

import psycopg


def test_each_test_gets_an_empty_database_with_the_newest_schema(database):
    with psycopg.connect(database.superuser) as db:
        tables = db.execute("SELECT count(*) FROM pg_tables WHERE tableowner = 'havre_owner'").fetchone()
    assert tables is not None
    assert tables[0] > 0


def test_the_app_connects_as_a_role_that_is_neither_superuser_nor_free_of_row_security(database):
    with psycopg.connect(database.app) as db:
        row = db.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("havre_app", False, False, False)


def test_what_one_test_commits_is_not_in_another_tests_database(database, postgres):
    with psycopg.connect(postgres.dsn("postgres", "postgres")) as db:
        owner = db.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database.name]
        ).fetchone()
    assert owner == ("havre_owner",)
    assert database.name.startswith("test_")
