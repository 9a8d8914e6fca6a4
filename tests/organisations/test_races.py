"""Two at once: each of these must end as if one had come after the other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg

from crypto.encoding import from_base64url
from server.organisations import key_store, store
from tests.partners import a_key


def at_once(*acts):
    """Run all acts at the same moment, and return what each returned."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result() for future in [threads.submit(run, act) for act in acts]]


def test_two_second_approvals_at_once_admit_once(node, database):
    partner = node.partner("hotline.example")
    statement = partner.statement()
    partner.apply(statement)
    node.approve("admit", statement, operator=0)
    answers = at_once(*[lambda: node.approve("admit", statement, operator=1)] * 4)
    assert sorted(answered.status for answered in answers) == [201, 409, 409, 409]
    with psycopg.connect(database.superuser) as db:
        assert db.execute("SELECT count(*) FROM admission WHERE subject = 'hotline.example'").fetchone() == (1,)


def test_two_first_approvals_at_once_by_two_operators_admit(node):
    partner = node.partner("hotline.example")
    statement = partner.statement()
    partner.apply(statement)
    answers = at_once(
        lambda: node.approve("admit", statement, operator=0), lambda: node.approve("admit", statement, operator=1)
    )
    assert sorted(answered.json["status"] for answered in answers) == ["active", "pending"]


def test_two_first_approvals_at_once_by_one_operator_count_once(node):
    partner = node.partner("hotline.example")
    statement = partner.statement()
    partner.apply(statement)
    answers = at_once(*[lambda: node.approve("admit", statement, operator=0)] * 3)
    assert sorted(answered.status for answered in answers) == [201, 422, 422]


def test_of_two_next_statements_at_once_one_holds_and_the_other_is_stale(node):
    partner = node.join("hotline.example")
    path = "/v1/organisations/hotline.example/statement"
    one, other = partner.statement(), partner.statement()
    answers = at_once(lambda: partner.put(path, {"statement": one}), lambda: partner.put(path, {"statement": other}))
    assert sorted(answered.status for answered in answers) == [200, 409]


def test_one_statement_sent_many_times_at_once_is_stored_once(node, database):
    partner = node.join("hotline.example")
    path, statement = "/v1/organisations/hotline.example/statement", partner.statement()
    answers = at_once(*[lambda: partner.put(path, {"statement": statement})] * 4)
    assert {answered.status for answered in answers} == {200}
    with psycopg.connect(database.superuser) as db:
        row = db.execute(
            "SELECT count(*) FROM statement JOIN organisation USING (organisation_id) WHERE name = 'hotline.example'"
        ).fetchone()
    assert row == (2,)


def test_applications_at_once_do_not_pass_the_limit_together(node):
    applicants = [node.partner("hotline.example", seed=seed) for seed in range(6)]
    answers = at_once(*[applicant.apply for applicant in applicants])
    assert {answered.status for answered in answers} == {201}
    with node.pool.connection() as db:
        assert db.execute("SELECT count(*) FROM application").fetchone() == (3,)


def test_two_organisations_that_register_one_key_at_once_do_not_both_have_it(node):
    one, other = node.join("platform.example"), node.join("hotline.example")
    shared = a_key("shared")
    for partner in (one, other):
        partner.add_key("unused", use="record").key = shared
    answers = at_once(
        *[
            lambda partner=partner: partner.put(
                f"/v1/organisations/{partner.name}/statement", {"statement": partner.statement()}
            )
            for partner in (one, other)
        ]
    )
    assert sorted(answered.status for answered in answers) == [200, 422]


def test_directories_made_at_once_are_one(node):
    answers = at_once(*[lambda: node.public("/v1/directory")] * 4)
    assert len({answered["directory"] for answered in answers}) == 1


def test_who_waits_too_long_for_another_decision_about_a_name_is_told_to_come_again(node, database):
    partner = node.join("hotline.example")
    with psycopg.connect(database.app) as db:
        store.lock_name(db, "hotline.example")
        refused = partner.put_statement(partner.statement())
    assert (refused.status, refused.code) == (503, "busy")
    assert partner.put_statement(partner.statement()).status == 200


def test_a_key_that_was_registered_a_moment_ago_by_another_is_left_alone(node, database):
    one, other = node.join("platform.example"), node.join("hotline.example")
    taken = key_store.ListedKey(
        thumbprint=from_base64url(one.record.thumbprint),
        x=one.record.key.public.x,
        use="exchange",
        valid_from=datetime.now(UTC),
        valid_until=None,
        roles=["administrator"],
        holder="thief",
        revoked_at=None,
        revoked_reason=None,
    )
    with psycopg.connect(database.app) as db:
        member = store.organisation_named(db, other.name)
        assert key_store.write_keys(db, member.organisation_id, [taken]) == 0
