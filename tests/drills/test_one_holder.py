"""As role havre_app no statement admits, lifts or founds with one holder, whatever SQL it is.

Who can send any SQL as this role still cannot do what two operators must do; the walls are constraints, not our code.
(Approvals that are invented whole stay to be found by whoever checks their signatures: every SDK does.)
"""

import psycopg
import pytest

from tests.drills.wholeness import table_digests
from tests.partners import Partner, a_node

# Each statement alone, as an attacker may send it, with the names of what the node holds.
REFUSED = {
    "an admission without approvals": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at)
        VALUES ('admit', 'waiting.example', %(digest)s, %(digest)s, now())""",
    "an admission that calls itself a founding": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at)
        VALUES ('found', 'waiting.example', %(digest)s, %(digest)s, now())""",
    "an admission by one approval": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder)
        SELECT act, subject, document_sha256, content_sha256, now(), operator, jti, holder
          FROM approval WHERE subject = 'waiting.example'""",
    "an admission by one approval twice": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT act, subject, document_sha256, content_sha256, now(), operator, jti, holder, operator, jti, holder
          FROM approval WHERE subject = 'waiting.example'""",
    "an admission by one approval under another holder's name": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT act, subject, document_sha256, content_sha256, now(), operator, jti, holder, operator, jti, 'operator-2'
          FROM approval WHERE subject = 'waiting.example'""",
    "an admission by one approval and one for somebody else": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT one.act, one.subject, one.document_sha256, one.content_sha256, now(), one.operator, one.jti, one.holder,
               other.operator, other.jti, other.holder
          FROM approval AS one, approval AS other
         WHERE one.subject = 'waiting.example' AND other.subject = 'member.example' AND other.holder <> one.holder""",
    "an admission by the same holder twice": """
        WITH again AS (
            INSERT INTO approval (operator, jti, holder, keyid, act, subject, document_sha256, content_sha256,
                                  issued_at, received_at, document)
            SELECT operator, gen_random_uuid(), holder, keyid, act, subject, document_sha256, content_sha256,
                   issued_at, received_at, document
              FROM approval WHERE subject = 'waiting.example'
            RETURNING *
        )
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT one.act, one.subject, one.document_sha256, one.content_sha256, now(), one.operator, one.jti, one.holder,
               again.operator, again.jti, again.holder
          FROM approval AS one, again
         WHERE one.subject = 'waiting.example'""",
    "an approval changed to another holder": "UPDATE approval SET holder = 'operator-2'",
    "an approval changed to another subject": "UPDATE approval SET subject = 'waiting.example'",
    "an approval removed": "DELETE FROM approval",
    "approvals removed at once": "TRUNCATE approval CASCADE",
    "an admission changed": "UPDATE admission SET subject = 'waiting.example' WHERE subject = 'member.example'",
    "a suspension removed": "DELETE FROM admission WHERE act = 'suspend'",
    "admissions removed at once": "TRUNCATE admission CASCADE",
    "an admission by MERGE": """
        MERGE INTO admission USING (SELECT 1) AS one ON admission.subject = 'suspended.example'
         WHEN MATCHED THEN DELETE""",
    "an admission with a status of its own": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at, status)
        VALUES ('suspend', 'waiting.example', %(digest)s, %(digest)s, now(), 'active')""",
    "an admission with an id of its own": """
        INSERT INTO admission (admission_id, act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder) OVERRIDING SYSTEM VALUE
        SELECT 1, act, subject, document_sha256, content_sha256, now(), operator, jti, holder
          FROM approval WHERE act = 'suspend'""",
    "used approvals used again": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT act, subject, document_sha256, content_sha256, now(),
               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder
          FROM admission WHERE subject = 'suspended.example' AND act = 'admit'""",
    "used approvals used again in the other order": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT act, subject, document_sha256, content_sha256, now(),
               second_operator, second_jti, second_holder, first_operator, first_jti, first_holder
          FROM admission WHERE subject = 'suspended.example' AND act = 'admit'""",
    "a lift by approvals of the admission": """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at,
                               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder)
        SELECT 'lift', subject, document_sha256, content_sha256, now(),
               first_operator, first_jti, first_holder, second_operator, second_jti, second_holder
          FROM admission WHERE subject = 'suspended.example' AND act = 'admit'""",
    "an organisation without an admission": """
        INSERT INTO organisation (name, status, admission_id, sector, home, home_origin_url, display_name,
                                  roles_at_most, root_x)
        SELECT 'waiting.example', 'active', 0, sector, home, home_origin_url, display_name, roles_at_most, root_x
          FROM organisation WHERE name = 'member.example'""",
    "an organisation by another's admission": """
        INSERT INTO organisation (name, status, admission_id, sector, home, home_origin_url, display_name,
                                  roles_at_most, root_x)
        SELECT 'waiting.example', 'active', admission_id, sector, home, home_origin_url, display_name, roles_at_most,
               root_x
          FROM organisation WHERE name = 'member.example'""",
    "an organisation without a status": """
        INSERT INTO organisation (name, status, admission_id, sector, home, home_origin_url, display_name,
                                  roles_at_most, root_x)
        SELECT 'waiting.example', NULL, admission_id, sector, home, home_origin_url, display_name, roles_at_most, root_x
          FROM organisation WHERE name = 'member.example'""",
    "a suspension taken back": "UPDATE organisation SET status = 'active' WHERE name = 'suspended.example'",
    "a suspended one pointed back to its admission": """
        UPDATE organisation
           SET status = 'active',
               admission_id = (SELECT admission_id FROM admission
                                WHERE subject = 'suspended.example' AND status = 'active')
         WHERE name = 'suspended.example'""",
    "a suspended one pointed to another's admission": """
        UPDATE organisation
           SET status = 'active',
               admission_id = (SELECT max(admission_id) FROM admission WHERE status = 'active')
         WHERE name = 'suspended.example'""",
    "a suspended one pointed to nothing": """
        UPDATE organisation SET status = 'active', admission_id = 9223372036854775807
         WHERE name = 'suspended.example'""",
    "a member renamed": "UPDATE organisation SET name = 'waiting.example' WHERE name = 'member.example'",
    "an organisation removed": "DELETE FROM organisation WHERE name = 'suspended.example'",
    "a statement changed": "UPDATE statement SET document = ''",
    "a statement removed": "DELETE FROM statement",
    "a key that changes hands": """
        UPDATE signing_key
           SET organisation_id = (SELECT organisation_id FROM organisation WHERE name = 'member.example')""",
    "a revocation taken back": "UPDATE signing_key SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
    "another node": "UPDATE node SET federation = 'other.example'",
    "a second node": "INSERT INTO node (organisation_id, federation, origin_url) VALUES (1, 'x', 'x')",
    "a batch changed": "UPDATE batch SET document = ''",
    "a batch removed": "DELETE FROM batch",
    "an entry changed": "UPDATE entry SET document = ''",
    "an entry removed": "DELETE FROM entry",
    "entries removed at once": "TRUNCATE entry",
    "a place changed": "UPDATE placed SET index = index + 1",
    "a place taken": "INSERT INTO placed SELECT 1, 999, entry_id, leaf FROM entry LIMIT 1",
    "a place removed": "DELETE FROM placed",
    "a waiting entry removed": "DELETE FROM unplaced",
    "a waiting entry changed": "UPDATE unplaced SET leaf = ''",
    "the head moved": "UPDATE log_head SET size = 0",
    "the feed written": "INSERT INTO feed SELECT 1, 999, 0, 1, 1, 1, NULL, 'signal'",
    "an interval opened": "INSERT INTO entitlement SELECT 1, 1, 1, 0, NULL, 0, 0, 0, NULL",
    "a nonce forgotten": "DELETE FROM nonce",
    "the trigger of foundings switched off": "ALTER TABLE admission DISABLE TRIGGER admission_founding",
    "all triggers switched off": "ALTER TABLE admission DISABLE TRIGGER ALL",
    "triggers and foreign keys switched off": "SET session_replication_role = replica",
    "a constraint dropped": "ALTER TABLE admission DROP CONSTRAINT admission_needs_two_holders",
    "a trigger dropped": "DROP TRIGGER admission_founding ON admission",
    "a trigger's function replaced": """
        CREATE OR REPLACE FUNCTION refuse_founding_by_others() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RETURN NEW; END'""",
    "a trigger added": """
        CREATE TRIGGER mine BEFORE INSERT ON admission FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    "a function of one's own": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a function in place of one that a trigger calls": """
        CREATE FUNCTION public.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'""",
    "a schema of one's own": "CREATE SCHEMA mine",
    "a table of one's own": "CREATE TABLE mine (one int)",
    "a table of one's own for this session": "CREATE TEMPORARY TABLE approval (one int)",
    "a rule": "CREATE RULE mine AS ON INSERT TO admission DO INSTEAD NOTHING",
    "the owner's role": "SET ROLE havre_owner",
    "the owner's session": "SET SESSION AUTHORIZATION havre_owner",
    "the superuser's role": "SET ROLE postgres",
    "the sequencer's role": "SET ROLE havre_sequencer",
    "the eraser's role": "SET ROLE havre_eraser",
    "membership in the owner": "GRANT havre_owner TO havre_app",
    "one's own role made strong": "ALTER ROLE havre_app SUPERUSER",
    "one's own role made to bypass": "ALTER ROLE havre_app BYPASSRLS",
    "a new role": "CREATE ROLE mine SUPERUSER",
    "the table taken": "ALTER TABLE admission OWNER TO havre_app",
    "a row in the system's catalogue": "DELETE FROM pg_trigger",
    "a column added": "ALTER TABLE admission ADD COLUMN mine int",
    "the sequence of decisions turned back": "SELECT setval('admission_admission_id_seq', 1, false)",
    "a file read": "COPY admission FROM '/etc/hostname'",
    "a program run": "COPY admission FROM PROGRAM 'true'",
    "a procedural block as another": "DO $$ BEGIN SET ROLE havre_owner; DELETE FROM approval; END $$",
    "a large object": "SELECT lo_import('/etc/hostname')",
    "a lock on everything": "LOCK TABLE admission IN ACCESS EXCLUSIVE MODE",
}

# Refused by a right or a constraint; anything else would be a slip of the attack, not a wall.
WALLS = (
    "23",  # a constraint
    "42501",  # no such right
    "428C9",  # a generated column
)


@pytest.fixture
def node(database):
    """A node with a member, a suspended member, and one who waits with one approval of two."""
    founded = a_node(database)
    member = founded.join("member.example")
    suspended = founded.join("suspended.example")
    retired = suspended.add_key("retired", use="record", revoked_at=suspended.record.from_)
    assert retired.revoked_at is not None
    assert suspended.put_statement(suspended.statement()).status == 200
    founded.suspend(suspended)
    waiting: Partner = founded.partner("waiting.example")
    statement = waiting.statement()
    assert waiting.apply(statement).status == 201
    assert founded.approve("admit", statement).status == 201
    assert member.statements
    yield founded
    founded.close()


def test_no_statement_of_the_app_s_role_admits_with_one_holder_or_changes_what_was_decided(node, database):
    with psycopg.connect(database.superuser, autocommit=True) as db:
        before = table_digests(db)
    taken = {}
    for name, statement in REFUSED.items():
        with psycopg.connect(database.app) as attacker:
            try:
                done = attacker.execute(statement, {"digest": bytes(32)} if "%(" in statement else None)
                taken[name] = done.rowcount
            except psycopg.Error as error:
                if not (error.sqlstate or "").startswith(WALLS):
                    taken[name] = error.sqlstate
    assert taken == {}
    with psycopg.connect(database.superuser, autocommit=True) as db:
        assert table_digests(db) == before


COPY = """
    COPY admission (act, subject, document_sha256, content_sha256, decided_at, first_operator, first_jti, first_holder)
    FROM STDIN
"""


def test_copy_of_an_admission_with_one_holder_is_refused_as_an_insert_is(node, database):
    row = ["admit", "waiting.example", bytes(32), bytes(32), "2026-11-01Z", "x", "0" * 32, "operator-1"]
    with (
        psycopg.connect(database.app) as attacker,
        attacker.cursor() as rows,
        pytest.raises(psycopg.errors.CheckViolation),
        rows.copy(COPY) as copying,
    ):
        copying.write_row(row)


def test_a_grant_to_oneself_gives_nothing(node, database):
    with psycopg.connect(database.app, autocommit=True) as attacker:
        attacker.execute("GRANT ALL ON admission TO havre_app")
        assert attacker.execute("SELECT has_table_privilege('admission', 'UPDATE, DELETE, TRUNCATE')").fetchone() == (
            False,
        )


def test_the_suspension_of_one_operator_needs_no_second(node, database):
    with psycopg.connect(database.app) as db:
        assert db.execute("SELECT status FROM organisation WHERE name = 'suspended.example'").fetchone() == (
            "suspended",
        )


def test_what_waits_is_admitted_by_a_second_holder(node, database):
    with psycopg.connect(database.app) as db:
        ((statement,),) = db.execute("SELECT document FROM application WHERE organisation = 'waiting.example'")
    assert node.approve("admit", statement, operator=1).status == 201
    with psycopg.connect(database.app) as db:
        assert db.execute("SELECT status FROM organisation WHERE name = 'waiting.example'").fetchone() == ("active",)
