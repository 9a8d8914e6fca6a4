"""`docs/vectors.json`, which a partner builds against: it is what the code makes, and each thing in it verifies."""

import json
from hashlib import sha256

import pytest

from crypto.batches import record_leaf, split_documents, split_push, verify_acceptance, verify_lines, verify_manifest
from crypto.documents import APPROVAL, DIRECTORY, ROOT_CONSENT, document_digest, read_document, verify_document
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf, served_root
from crypto.keys import private_key_from_seed, public_key_from_jwk
from crypto.messages import read_request, verify_body, verify_request, verify_response
from crypto.statements import check_statement_keys, verify_statement
from schemas.answers import WhoamiSchema
from schemas.statements import StatementSchema
from server.access import Permission
from server.errors import RecordsRefused
from server.web.problems import title_of
from tests.vectors.make_vectors import PATH, text

VECTORS = json.loads(PATH.read_text(encoding="utf-8"))
FEDERATION = VECTORS["federation"]
KEYS = {name: public_key_from_jwk(key["jwk"]) for name, key in VECTORS["keys"].items()}


def the_request(said=VECTORS["request"]):
    return read_request(method=said["method"], target_uri=said["target_uri"], headers=said["headers"].items())


def test_the_vectors_are_what_the_code_makes():
    assert PATH.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("name", VECTORS["keys"])
def test_each_key_is_made_of_its_seed(name):
    key = private_key_from_seed(bytes.fromhex(VECTORS["keys"][name]["seed"]))
    assert (key.public, key.thumbprint) == (KEYS[name], VECTORS["keys"][name]["thumbprint"])


@pytest.mark.parametrize(("name", "root"), [("statement", "root"), ("node_statement", "node_root")])
def test_each_statement_verifies_with_all_of_its_keys(name, root):
    document = verify_statement(VECTORS[name]["jws"], root=KEYS[root], federation=FEDERATION)
    check_statement_keys(StatementSchema().load(document.claims), FEDERATION)
    assert to_base64url(document.digest) == VECTORS[name]["sha256"]


@pytest.mark.parametrize(("name", "typ", "key"), [("approval", APPROVAL, "operator"), ("directory", DIRECTORY, "node")])
def test_approval_and_directory_verify(name, typ, key):
    document = verify_document(VECTORS[name]["jws"], typ=typ, key=KEYS[key], federation=FEDERATION)
    assert to_base64url(document.digest) == VECTORS[name]["sha256"]


def test_the_manifest_verifies_over_its_three_lines():
    manifest = verify_manifest(VECTORS["manifest"]["jws"], key=KEYS["record"], federation=FEDERATION)
    leaves = [record_leaf(one["line"].encode()) for one in VECTORS["lines"]]
    assert [to_base64url(leaf) for leaf in leaves] == [one["leaf"] for one in VECTORS["lines"]]
    verify_lines(manifest.claims, leaves)


def test_the_acceptance_verifies_and_names_the_stream():
    acceptance = verify_acceptance(
        VECTORS["acceptance"]["jws"],
        key=KEYS["node"],
        federation=FEDERATION,
        manifest_digest=from_base64url(VECTORS["manifest"]["sha256"]),
    )
    assert acceptance.claims["stream"] == VECTORS["stream"]["stream"]


def test_the_request_verifies_over_its_base_and_body():
    request = the_request()
    assert request.base.decode() == VECTORS["request"]["base"]
    verify_request(request, key=KEYS["exchange"], now=VECTORS["now"])
    verify_body(request, VECTORS["request"]["body"].encode())
    assert split_push(VECTORS["request"]["body"].encode()).manifest == VECTORS["manifest"]["jws"]


def test_the_answer_verifies_and_gives_the_receipt_of_the_entry():
    said = VECTORS["response"]
    answer = verify_response(
        request=the_request(),
        status=said["status"],
        headers=said["headers"].items(),
        body=said["body"].encode(),
        key=KEYS["node"],
        keyid=f"node.example/{KEYS['node'].thumbprint}",
        now=VECTORS["now"],
    )
    assert answer.receipt == VECTORS["entry"]["receipt"]


def test_the_base_of_the_answer_written_by_hand_is_the_signed_one():
    said = VECTORS["response"]
    signature = said["headers"]["Signature"].removeprefix("havre=:").removesuffix("=:")
    spelled = signature.rstrip("=").replace("+", "-").replace("/", "_")
    KEYS["node"].verify(from_base64url(spelled, length=64), said["base"].encode())


def test_the_entry_opens_its_leaf():
    entry = VECTORS["entry"]
    leaf = entry_leaf(salt=from_base64url(entry["salt"]), entry=entry["entry"].encode(), p=from_base64url(entry["p"]))
    assert to_base64url(leaf) == entry["leaf"] == entry["receipt"]


def test_the_page_is_two_documents_and_its_page_line():
    live, expired, page = split_documents(VECTORS["page"]["documents"].encode())
    digests = [to_base64url(sha256(one.document).digest()) for one in (live, expired)]
    assert digests == VECTORS["page"]["document_sha256"]
    assert page["page"]["batches"] == 2
    manifests = [to_base64url(document_digest(one.manifest)) for one in (live, expired)]
    assert served_root(list(zip(manifests, digests, strict=True))) == VECTORS["page"]["served"]


def proven(request, said):
    return verify_response(
        request=request,
        status=said["status"],
        headers=said["headers"].items(),
        body=said["body"].encode(),
        key=KEYS["node"],
        keyid=f"node.example/{KEYS['node'].thumbprint}",
        now=VECTORS["now"],
    )


def test_a_request_without_a_body_and_its_answer_verify():
    said = VECTORS["get"]
    request = the_request(said["request"])
    verify_request(request, key=KEYS["exchange"], now=VECTORS["now"])
    assert request.base.decode() == said["request"]["base"]
    assert proven(request, said["response"]).receipt is not None
    WhoamiSchema().load(json.loads(said["response"]["body"]))


def test_a_refusal_is_signed_and_has_a_receipt():
    said = VECTORS["refusal"]["response"]
    assert proven(the_request(), said).receipt is not None
    problem = json.loads(said["body"])
    assert (problem["status"], problem["code"]) == (said["status"], "records_refused")
    assert problem["title"] == title_of(RecordsRefused)


def test_the_old_root_consents_to_the_new_one():
    consent = verify_document(VECTORS["root_consent"]["jws"], typ=ROOT_CONSENT, key=KEYS["root"], federation=FEDERATION)
    assert consent.claims["to"] == KEYS["new_root"].thumbprint


def test_the_entry_is_one_that_the_protocol_describes():
    entry = json.loads(VECTORS["entry"]["entry"])
    assert entry["action"] in set(Permission)
    assert entry["target"] == "/v1/batches"
    assert entry["signature_base"] == VECTORS["request"]["base"]
    assert VECTORS["request"]["target_uri"] == f"https://{entry['node']}{entry['target']}"


def test_the_directory_lists_the_node_itself_and_both_statements():
    members = read_document(VECTORS["directory"]["jws"], typ=DIRECTORY).claims["members"]
    assert [(one["organisation"], one["statement_sha256"]) for one in members] == [
        ("hotline.example", VECTORS["statement"]["sha256"]),
        ("node.example", VECTORS["node_statement"]["sha256"]),
    ]
