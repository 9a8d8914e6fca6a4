"""What the database itself refuses to the role of the api: no statement of it admits with one holder."""

import uuid

import psycopg
import pytest

D = b"\1" * 32

INSERT_APPROVAL = (
    "INSERT INTO approval (operator, jti, holder, keyid, act, subject, document_sha256, content_sha256, issued_at,"
    " received_at, document) VALUES (%s, %s, %s, 'k', %s, %s, %s, %s, now(), now(), '')"
)
INSERT_ADMISSION = (
    "INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at, first_operator, first_jti,"
    " first_holder, second_operator, second_jti, second_holder)"
    " VALUES (%s, 'new.example', %s, %s, now(), %s, %s, %s, %s, %s, %s) RETURNING admission_id"
)


@pytest.fixture
def app(node, database):
    """A connection as the api's role, with two approvals of one holder and none of another."""
    with psycopg.connect(database.app) as db:
        yield db


def an_approval(db, *, holder="h1", act="admit", subject="new.example", operator="node.example", content=D):
    jti = uuid.uuid4()
    db.execute(INSERT_APPROVAL, [operator, jti, holder, act, subject, D, content])
    return [operator, jti, holder]


def admit(db, first, second, *, act="admit", content=D):
    return db.execute(INSERT_ADMISSION, [act, D, content, *first, *second]).fetchone()[0]


def refusal_of(db, first, second, **said):
    with pytest.raises(psycopg.Error) as caught:
        admit(db, first, second, **said)
    return caught.value.diag.constraint_name


NOBODY = [None, None, None]


def test_one_approval_admits_nobody(app):
    assert refusal_of(app, an_approval(app), NOBODY) == "admission_needs_two_holders"


def test_two_approvals_by_one_holder_admit_nobody(app):
    assert refusal_of(app, an_approval(app), an_approval(app)) == "admission_needs_two_holders"


def test_one_approval_twice_admits_nobody(app):
    one = an_approval(app)
    assert refusal_of(app, one, one) == "admission_needs_two_holders"


def test_a_holder_that_did_not_sign_admits_nobody(app):
    one = an_approval(app)
    invented = [one[0], one[1], "h2"]
    assert refusal_of(app, one, invented) == "admission_second_approval"


def test_an_approval_of_other_content_admits_nobody(app):
    one, other = an_approval(app), an_approval(app, holder="h2", content=b"\2" * 32)
    assert refusal_of(app, one, other) == "admission_second_approval"


@pytest.mark.parametrize("said", [{"act": "suspend"}, {"subject": "other.example"}], ids=["act", "subject"])
def test_an_approval_of_another_act_or_subject_admits_nobody(app, said):
    assert refusal_of(app, an_approval(app), an_approval(app, holder="h2", **said)) == "admission_second_approval"


@pytest.mark.parametrize("act", ["lift", "replace_root"])
def test_one_holder_neither_lifts_nor_replaces_a_root(app, act):
    first, second = an_approval(app, act=act), an_approval(app, act=act)
    assert refusal_of(app, first, second, act=act) == "admission_needs_two_holders"


def test_an_act_that_nobody_knows_is_refused(app):
    assert refusal_of(app, NOBODY, NOBODY, act="welcome") is not None


def test_the_api_founds_nobody(app):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admit(app, NOBODY, NOBODY, act="found")


def test_an_approval_is_used_up_by_its_decision(app):
    first, second = an_approval(app), an_approval(app, holder="h2")
    admit(app, first, second)
    assert refusal_of(app, first, an_approval(app, holder="h3")) == "admission_uses_first_approval_once"


def test_two_approvals_by_two_holders_admit(app):
    assert admit(app, an_approval(app), an_approval(app, holder="h2")) > 0


def insert_organisation(db, admission_id, status="active"):
    db.execute(
        "INSERT INTO organisation (name, status, admission_id, sector, home, home_origin_url, display_name,"
        " roles_at_most, root_x) VALUES ('new.example', %s, %s, 'ngo', 'node.example', 'u', 'n', '{}', %s)",
        [status, admission_id, D],
    )


def test_a_suspension_by_one_makes_nobody_active(app):
    suspension = admit(app, an_approval(app, act="suspend"), NOBODY, act="suspend")
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
        insert_organisation(app, suspension)
    assert caught.value.diag.constraint_name == "organisation_status_was_decided"


def test_anothers_admission_admits_nobody_else(app, node):
    row = app.execute("SELECT admission_id FROM organisation WHERE name = 'node.example'").fetchone()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        insert_organisation(app, row[0])


def test_a_status_without_its_decision_is_refused(node, database):
    partner = node.join("hotline.example")
    node.suspend(partner)
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.ForeignKeyViolation):
        db.execute("UPDATE organisation SET status = 'active' WHERE name = 'hotline.example'")


def test_a_suspension_is_not_undone_by_pointing_back_to_the_admission(node, database):
    partner = node.join("hotline.example")
    node.suspend(partner)
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.CheckViolation) as caught:
        db.execute(
            "UPDATE organisation SET status = 'active', admission_id ="
            " (SELECT min(admission_id) FROM admission WHERE subject = 'hotline.example')"
            " WHERE name = 'hotline.example'"
        )
    assert caught.value.diag.constraint_name == "organisation_admission_moves_forward"


def test_a_new_root_that_two_operators_let_in_lifts_no_suspension(app):
    said = {"act": "replace_root"}
    replaced = admit(app, an_approval(app, **said), an_approval(app, holder="h2", **said), act="replace_root")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        insert_organisation(app, replaced)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approval SET holder = 'h2'",
        "DELETE FROM approval",
        "UPDATE admission SET first_holder = 'h2'",
        "DELETE FROM admission",
        "UPDATE statement SET document = ''",
        "DELETE FROM statement",
        "DELETE FROM signing_key",
        "UPDATE signing_key SET organisation_id = 1",
        "UPDATE signing_key SET x = '\\x00'",
        "UPDATE organisation SET name = 'other.example'",
        "DELETE FROM organisation",
        "UPDATE node SET federation = 'other.example'",
        "UPDATE directory SET document = ''",
        "ALTER TABLE admission DROP CONSTRAINT admission_needs_two_holders",
        "ALTER TABLE admission DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_the_api_does_not_rewrite_what_was_decided(app, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)


def test_a_revocation_is_not_taken_back_in_the_database(node, database):
    partner = node.join("hotline.example")
    revoked = partner.add_key("second", use="record")
    revoked.revoked_at = revoked.from_
    assert partner.put_statement(partner.statement()).status == 200
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.CheckViolation) as caught:
        db.execute("UPDATE signing_key SET revoked_at = NULL WHERE revoked_at IS NOT NULL")
    assert caught.value.diag.constraint_name == "signing_key_keeps_hands"
