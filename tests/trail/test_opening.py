"""An entry is opened by its receipt, to whose act it was, and says what was signed and answered."""

from hashlib import sha256

import orjson
import psycopg
import pytest

from crypto.documents import document_digest
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import ENTRY_MEMBERS, acceptances_root, entry_leaf
from tests.exchanges import claims_in, opened, place
from tests.partners import TestNode
from tests.signals import a_batch, signals


def test_an_entry_has_exactly_the_members_of_its_form(hotline) -> None:
    entry = opened(hotline, hotline.get("/v1/whoami").receipt)
    assert set(entry) == ENTRY_MEMBERS
    assert entry["v"] == 1
    assert entry["node"] == "node.example"


def test_a_push_is_bound_to_the_acceptance_that_it_stored(hotline) -> None:
    batch = a_batch(hotline, signals(3))
    answered = hotline.push(batch.document)
    told = hotline.get(f"/v1/log/entries/{answered.receipt}").json
    p = acceptances_root([document_digest(answered.json["accepted"])])
    assert from_base64url(told["p"]) == p
    leaf = entry_leaf(salt=from_base64url(told["salt"]), entry=told["entry"].encode(), p=p)
    assert to_base64url(leaf) == answered.receipt
    entry = orjson.loads(told["entry"])
    assert (entry["records"], entry["tlp"], entry["served"]) == (3, "GREEN", None)


def test_a_retry_stored_nothing(hotline) -> None:
    batch = a_batch(hotline, signals(3))
    hotline.push(batch.document)
    again = hotline.push(batch.document)
    told = hotline.get(f"/v1/log/entries/{again.receipt}").json
    assert from_base64url(told["p"]) == bytes(32)
    assert orjson.loads(told["entry"])["records"] == 0


def test_a_refused_push_stored_nothing(hotline) -> None:
    answered = hotline.push(a_batch(hotline, signals(1), schema="signal/2").document)
    told = hotline.get(f"/v1/log/entries/{answered.receipt}").json
    assert from_base64url(told["p"]) == bytes(32)
    entry = orjson.loads(told["entry"])
    assert (entry["decision"], entry["reason"], entry["records"]) == ("refused", "records_refused", None)


def test_another_organisations_entry_is_as_one_that_is_not_there(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    receipt = hotline.get("/v1/whoami").receipt
    foreign = platform.get(f"/v1/log/entries/{receipt}")
    unknown = platform.get(f"/v1/log/entries/{to_base64url(sha256(b'nothing').digest())}")
    assert (foreign.status, unknown.status) == (404, 404)
    assert {**foreign.json, "request_id": ""} == {**unknown.json, "request_id": ""}


def test_an_operator_opens_its_own_organisations_entries_alone(node: TestNode, hotline) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    assert node.organisation.get(f"/v1/log/entries/{receipt}", by=node.operators[0]).status == 404


def test_opening_an_entry_is_an_entry(hotline) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    opening = hotline.get(f"/v1/log/entries/{receipt}")
    assert opened(hotline, opening.receipt)["target"] == f"/v1/log/entries/{receipt}"


def test_an_entry_opens_before_and_after_it_is_placed(node, hotline) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    before = hotline.get(f"/v1/log/entries/{receipt}").json
    assert before["index"] is None
    place(node)
    after = hotline.get(f"/v1/log/entries/{receipt}").json
    assert {**after, "index": None} == before


def test_an_opened_entry_says_where_it_stands(node, database, hotline) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    place(node)
    index = hotline.get(f"/v1/log/entries/{receipt}").json["index"]
    with psycopg.connect(database.owner) as db:
        row = db.execute("SELECT leaf FROM placed WHERE index = %s", [index]).fetchone()
    assert row == (from_base64url(receipt),)


def test_the_id_of_an_entry_is_the_request_id_of_its_problem(hotline) -> None:
    refused = hotline.get("/v1/organisations/nobody.example")
    assert opened(hotline, refused.receipt)["id"] == refused.json["request_id"]


def test_the_salt_of_each_entry_is_its_own(hotline) -> None:
    receipts = [hotline.get("/v1/whoami").receipt for _ in range(3)]
    salts = {hotline.get(f"/v1/log/entries/{receipt}").json["salt"] for receipt in receipts}
    assert len(salts) == 3


def test_a_batch_is_stored_under_the_entry_of_its_push(database, hotline) -> None:
    answered = hotline.push(a_batch(hotline, signals(1)).document)
    entry = opened(hotline, answered.receipt)
    with psycopg.connect(database.owner) as db:
        row = db.execute("SELECT entry_id::text, entry_position FROM batch").fetchone()
    assert row == (entry["id"], 0)
    assert claims_in(answered.json["accepted"])["log"] == "node.example/log/1"


@pytest.mark.parametrize("table", ["entry", "placed", "batch", "statement", "approval", "admission"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_written_cannot_be_taken_back_even_by_the_owner(node, database, hotline, table, statement) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    place(node)
    with psycopg.connect(database.owner) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET reason = NULL",
        "UPDATE batch SET document = ''",
        "DELETE FROM unplaced",
        "DELETE FROM nonce",
        "UPDATE log_head SET size = 0",
        "INSERT INTO feed SELECT * FROM feed",
        "INSERT INTO placed SELECT * FROM placed",
        "INSERT INTO entitlement SELECT * FROM entitlement",
        "UPDATE entitlement SET from_index = 0",
        "DELETE FROM record",
        "UPDATE record SET value = NULL",
        "UPDATE entitlement SET floor = 0",
        "INSERT INTO group_joining SELECT * FROM group_joining",
        "DELETE FROM access_change",
    ],
)
def test_the_api_has_no_grant_for_what_is_not_its_act(database, statement) -> None:
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)
