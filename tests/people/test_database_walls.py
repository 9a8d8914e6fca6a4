"""What the database itself keeps of people, whatever the api's role is made to ask."""

import psycopg
import pytest
from psycopg import errors, sql

from tests.conftest import a_database
from tests.partners import a_node
from tests.people.browser import Browser
from tests.people.inviting import invite, with_keys


@pytest.fixture(scope="module")
def peopled(postgres, template):
    """A database in which a person has joined, for what is refused or taken back."""
    with a_database(postgres, template) as database:
        node = a_node(database)
        ministry = with_keys(node.partner("ministry.example", sector="government"))
        ministry.keep_grown(database.grown["statements"]["ministry.example"])
        assert Browser(node=node).join(invite(ministry)).status == 303
        yield database
        node.close()


@pytest.fixture
def app(peopled):
    """The api's own connection; what it did is taken back."""
    with psycopg.connect(peopled.app) as db:
        yield db
        db.rollback()


@pytest.mark.parametrize("table", ["invitation", "person", "passkey", "session", "challenge"])
def test_the_api_deletes_nothing_of_people(app, table) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE invitation SET holder = 'other-1'",
        "UPDATE invitation SET expires_at = now() + interval '9 days'",
        "UPDATE invitation SET token_sha256 = sha256('x')",
        "UPDATE person SET roles = '{administrator}'",
        "UPDATE person SET holder = 'other-1'",
        "UPDATE passkey SET public_key = sha256('x')",
        "UPDATE passkey SET person_id = 1",
        "UPDATE session SET passkey_id = 1",
        "UPDATE session SET token_sha256 = sha256('x')",
        "UPDATE session SET signed_in_at = now()",
        "UPDATE challenge SET expires_at = now()",
    ],
)
def test_the_api_changes_nothing_of_who_a_person_is(app, change) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(change.encode())


@pytest.mark.parametrize("table", ["invitation", "person", "session"])
def test_what_has_ended_stays_ended(app, table) -> None:
    app.execute(sql.SQL("UPDATE {} SET ended_at = now()").format(sql.Identifier(table)))
    with pytest.raises(errors.CheckViolation) as refused:
        app.execute(sql.SQL("UPDATE {} SET ended_at = NULL").format(sql.Identifier(table)))
    assert refused.value.diag.constraint_name == f"{table}_stays_ended"


def test_the_last_passkey_stays_while_its_person_is_there(app) -> None:
    with pytest.raises(errors.CheckViolation) as refused:
        app.execute("UPDATE passkey SET ended_at = now()")
    assert refused.value.diag.constraint_name == "passkey_last_stays"


def test_a_counter_only_rises(app) -> None:
    app.execute("UPDATE passkey SET sign_count = 9")
    with pytest.raises(errors.CheckViolation) as refused:
        app.execute("UPDATE passkey SET sign_count = 8")
    assert refused.value.diag.constraint_name == "passkey_counter_rises"


def test_an_invitation_makes_one_person_with_the_roles_that_it_says(database, ministry, auditor) -> None:
    invite(ministry, holder="auditor-8")
    make = """
        INSERT INTO person (invitation_id, organisation_id, holder, roles, user_handle, joined_at)
        SELECT invitation_id, organisation_id, holder, %s::text[], sha256('handle'), now()
          FROM invitation WHERE holder = %s
        """
    with psycopg.connect(database.app) as db, pytest.raises(errors.ForeignKeyViolation):
        db.execute(make, [["administrator"], "auditor-8"])
    with psycopg.connect(database.app) as db, pytest.raises(errors.UniqueViolation):
        db.execute(make, [["auditor"], "auditor-7"])


def test_roles_that_are_kept_apart_are_in_no_invitation(database, ministry) -> None:
    invite(ministry)
    with psycopg.connect(database.app) as db, pytest.raises(errors.CheckViolation) as refused:
        db.execute(
            """
            INSERT INTO invitation (organisation_id, jti, holder, roles, inviter, token_sha256, issued_at,
                                    received_at, expires_at, document)
            SELECT organisation_id, gen_random_uuid(), holder, '{administrator,auditor}', inviter, sha256('x'),
                   issued_at, received_at, expires_at, document
              FROM invitation
            """
        )
    assert refused.value.diag.constraint_name == "invitation_roles"


@pytest.mark.parametrize(
    "secret",
    [
        "SELECT token_sha256 FROM invitation",
        "SELECT user_handle FROM person",
        "SELECT credential_id FROM passkey",
        "SELECT token_sha256 FROM session",
        "SELECT sha256 FROM challenge",
    ],
)
@pytest.mark.parametrize("role", ["sequencer", "worker", "eraser", "auditor"])
def test_no_other_process_reads_how_people_prove_who_they_are(peopled, role, secret) -> None:
    with psycopg.connect(getattr(peopled, role)) as db, pytest.raises(errors.InsufficientPrivilege):
        db.execute(secret.encode())
