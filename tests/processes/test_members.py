"""Operators decide with their own keys, about the statement that the applicant named to them."""

import json
import secrets
import time
from pathlib import Path

import pytest

from crypto.documents import document_digest
from crypto.encoding import to_base64url
from crypto.messages import sign_request
from tests.http.serving import ORIGIN, request_bytes
from tests.partners import Partner

NAME = "hotline.example"


@pytest.fixture
def applicant():
    partner = Partner(None, NAME, home={"node": "node.example", "origin_url": ORIGIN}, sector="hotline")
    partner.keep(partner.statement())
    return partner


@pytest.fixture
def statement_file(applicant, tmp_path):
    path = tmp_path / "hotline.statement.jws"
    path.write_text(applicant.statements[0])
    return path


@pytest.fixture
def decide(api, havre_node, tmp_path):
    """Run a deciding command as the first or second operator."""

    def run(command, *arguments, operator="first", **changes):
        return havre_node(
            command,
            *arguments,
            "--operator-folder",
            tmp_path / f"{operator}-operator",
            "--connect",
            f"127.0.0.1:{api.address[1]}",
            "--yes",
            **({"HAVRE_NODE_ROOT": api.node.root_thumbprint} | changes),
        )

    return run


def digest_of(applicant):
    return to_base64url(document_digest(applicant.statements[0]))


def apply(api, applicant):
    body = json.dumps({"statement": applicant.statements[0]}).encode()
    headers = sign_request(
        method="POST",
        target_uri=f"{ORIGIN}/v1/applications",
        purpose="administration",
        body=body,
        content_type="application/json",
        key=applicant.exchange.key,
        keyid=applicant.keyid(applicant.exchange.key),
        created=int(time.time()),
        nonce=to_base64url(secrets.token_bytes(16)),
    )
    answer = api.ask(request_bytes("POST", "/v1/applications", headers | {"Content-Length": str(len(body))}, body))
    assert answer.status == 201, answer.body


def admit(decide, statement_file, applicant, **options):
    return decide("admit", statement_file, "--digest", digest_of(applicant), **options)


def test_two_operators_admit(api, decide, applicant, statement_file):
    apply(api, applicant)
    first = admit(decide, statement_file, applicant)
    assert "waits for a second operator" in first.stdout, first.stderr
    second = admit(decide, statement_file, applicant, operator="second")
    assert f"{NAME} is active" in second.stdout, second.stderr


def test_two_operators_whose_approvals_differ_are_told_to_compare_them(api, decide, applicant, statement_file):
    apply(api, applicant)
    admit(decide, statement_file, applicant)
    second = decide(
        *("admit", statement_file, "--digest", digest_of(applicant), "--role", "consumer"), operator="second"
    )
    assert "your two approvals differ" in second.stdout, second.stderr


def test_one_operator_does_not_admit_by_saying_it_twice(api, decide, applicant, statement_file):
    apply(api, applicant)
    admit(decide, statement_file, applicant)
    again = admit(decide, statement_file, applicant)
    assert again.returncode == 1
    assert "same_holder" in again.stderr


def test_a_statement_with_another_digest_than_the_told_one_is_not_signed(decide, statement_file):
    ended = decide("admit", statement_file, "--digest", to_base64url(bytes(32)))
    assert ended.returncode == 1
    assert "not the one you were told" in ended.stderr


def test_an_altered_statement_is_not_signed(decide, applicant, statement_file):
    head, payload, _signature = applicant.statements[0].split(".")
    statement_file.write_text(f"{head}.{payload}.{to_base64url(bytes(64))}")
    ended = admit(decide, statement_file, applicant)
    assert ended.returncode == 1
    assert "does not verify" in ended.stderr


def test_a_file_that_is_no_statement_is_not_signed(decide, applicant, statement_file):
    statement_file.write_text("{}")
    assert "holds no statement" in admit(decide, statement_file, applicant).stderr


def test_an_answer_of_a_node_with_another_root_is_not_believed(api, decide, applicant, statement_file):
    apply(api, applicant)
    ended = admit(decide, statement_file, applicant, HAVRE_NODE_ROOT=to_base64url(bytes(32)))
    assert ended.returncode == 1
    assert "another root" in ended.stderr


def test_one_operator_suspends_and_two_lift(api, decide, applicant, statement_file):
    apply(api, applicant)
    admit(decide, statement_file, applicant)
    admit(decide, statement_file, applicant, operator="second")
    time.sleep(1.1)
    assert f"{NAME} is suspended" in decide("suspend", NAME).stdout
    time.sleep(1.1)
    assert f"{NAME} stays suspended until a second operator lifts it too" in decide("lift", NAME).stdout
    lifted = decide("lift", NAME, operator="second")
    assert f"{NAME} is active" in lifted.stdout, lifted.stderr


def test_an_unknown_member_cannot_be_suspended(decide):
    ended = decide("suspend", "nobody.example")
    assert ended.returncode == 1
    assert "not_found" in ended.stderr


def test_plain_http_goes_to_this_machine_only(decide, statement_file, applicant, havre_node, tmp_path):
    ended = havre_node(
        "suspend",
        NAME,
        "--operator-folder",
        tmp_path / "first-operator",
        "--connect",
        "10.0.0.1:80",
        "--yes",
        HAVRE_NODE_ROOT="x",
    )
    assert ended.returncode == 1
    assert "this machine only" in ended.stderr


def test_nothing_is_signed_without_being_asked(api, havre_node, applicant, statement_file, tmp_path):
    ended = havre_node(
        "admit",
        statement_file,
        "--digest",
        digest_of(applicant),
        "--operator-folder",
        tmp_path / "first-operator",
        HAVRE_NODE_ROOT=api.node.root_thumbprint,
    )
    assert ended.returncode == 1
    assert "at most administrator, consumer, contributor" in ended.stdout


def test_operators_keys_are_not_in_the_home_of_the_node(node):
    assert list(Path(node.settings.home).glob("exchange-*")) == []
