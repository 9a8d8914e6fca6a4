"""What anybody may read: the description of the API, its schemas, the pages of problems."""

import re
from pathlib import Path

import jsonschema_rs
import pytest

from schemas.openapi import SCHEMA_NAMES
from schemas.vocabulary.problems import PROBLEM_CODE
from server.access import ALLOWANCES
from server.app import declared_features
from server.errors import every_refusal
from server.web import pages, problems
from tests.conftest import a_database
from tests.partners import a_node

DOCS = Path(__file__).parents[2] / "docs" / "problems"
ENDPOINTS = [endpoint for feature in declared_features(page_builds=1) for endpoint in feature.guarded]
PUBLIC = [endpoint for feature in declared_features(page_builds=1) for endpoint in feature.public]


@pytest.fixture(scope="module")
def node(postgres, template):
    """One node for all: what is public is only read."""
    with a_database(postgres, template) as database:
        running = a_node(database)
        yield running
        running.close()


@pytest.fixture(scope="module")
def description(node):
    return ask(node, "/openapi.json").get_json()


def ask(node, path, *, host=None):
    return node.app.test_client().get(path, base_url=f"https://{host or node.settings.host}")


def path_of(rule):
    return re.sub(r"<(?:path:)?([a-z_]+)>", r"{\1}", rule)


def references(value):
    """All `$ref` below `value`."""
    if isinstance(value, dict):
        for name, below in value.items():
            if name == "$ref" and isinstance(below, str):
                yield below
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


def schemas_of(value):
    """All schemas that stand in the description's places for schemas."""
    if isinstance(value, dict):
        for name, below in value.items():
            if name == "schema":
                yield below
            else:
                yield from schemas_of(below)
    elif isinstance(value, list):
        for below in value:
            yield from schemas_of(below)


def resolved(description, reference):
    found = description
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def test_the_description_is_openapi_3_1(description):
    assert description["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(description["info"])


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_is_described_with_its_permission_roles_and_purposes(description, endpoint):
    operation = description["paths"][path_of(endpoint.rule)][endpoint.method.lower()]
    assert operation["x-havre-permission"] == endpoint.permission.value
    assert set(operation["x-havre-roles"]) >= {role.value for role in ALLOWANCES[endpoint.permission].roles}
    purposes = next(each for each in operation["parameters"] if each["name"] == "Havre-Purpose")
    assert set(purposes["schema"]["enum"]) == {each.value for each in ALLOWANCES[endpoint.permission].purposes}


@pytest.mark.parametrize("endpoint", PUBLIC, ids=lambda endpoint: endpoint.name)
def test_every_public_endpoint_is_described_as_needing_no_signature(description, endpoint):
    assert description["paths"][path_of(endpoint.rule)][endpoint.method.lower()]["security"] == []


def test_nothing_is_described_that_does_not_exist(description):
    assert set(description["paths"]) == {path_of(endpoint.rule) for endpoint in [*ENDPOINTS, *PUBLIC]}


def test_every_path_parameter_is_described(description):
    for path, item in description["paths"].items():
        wanted = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        for operation in item.values():
            parameters = (
                [*operation.get("parameters", []), *item.get("parameters", [])] if isinstance(operation, dict) else []
            )
            named = {each["name"] for each in parameters if each["in"] == "path"}
            assert not isinstance(operation, dict) or named == wanted, path


def test_names_of_operations_are_unique(description):
    names = [
        each["operationId"] for item in description["paths"].values() for each in item.values() if "operationId" in each
    ]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(description):
    for reference in references(description):
        assert resolved(description, reference) is not None


def test_every_schema_in_it_is_a_json_schema(description):
    found = [*schemas_of(description["paths"]), *description["components"]["schemas"].values()]
    assert found
    for schema in found:
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_endpoint_that_answers_is_described(node, description):
    # The console's pages are for browsers; they are walked by tests of their own.
    rules = [rule for rule in node.app.url_map.iter_rules() if not rule.endpoint.startswith("console.")]
    served = {(method, path_of(rule.rule)) for rule in rules for method in rule.methods}
    paths = description["paths"].items()
    described = {(method.upper(), path) for path, item in paths for method in item if method != "parameters"}
    # Werkzeug adds HEAD to each GET; it is refused.
    assert {one for one in served if one[0] != "HEAD"} == described


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_named_schema_is_published_and_is_a_json_schema(node, name):
    answer = ask(node, f"/v1/schemas/{name}")
    assert answer.mimetype == "application/schema+json"
    jsonschema_rs.meta.validate(answer.get_json())


def test_an_unknown_schema_is_not_found(node):
    assert ask(node, "/v1/schemas/__class__").status_code == 404


def test_every_code_has_a_status():
    assert {refusal for refusal in every_refusal() if refusal not in problems.STATUS} == set()


def test_every_code_is_in_the_schema_of_problems():
    missing = {refusal.code for refusal in every_refusal()} - set(PROBLEM_CODE.values)
    assert missing == set()


@pytest.mark.parametrize("refusal", every_refusal(), ids=lambda refusal: refusal.code)
def test_every_code_has_a_page_that_is_served_as_it_is_kept(node, refusal):
    answer = ask(node, f"/problems/{refusal.code}")
    assert answer.get_data(as_text=True) == (DOCS / f"{refusal.code}.md").read_text()


def test_the_pages_in_the_documents_are_those_of_the_code():
    kept = {path.name: path.read_text() for path in DOCS.glob("*.md")}
    written = {f"{code}.md": page for code, page in pages.problem_pages().items()} | {"README.md": pages.index_page()}
    assert kept == written


def test_an_unknown_code_has_no_page(node):
    assert ask(node, "/problems/zebra5150").status_code == 404


@pytest.mark.parametrize("path", ["/.well-known/havre", "/openapi.json", "/v1/directory", "/problems/busy"])
def test_what_is_public_is_for_the_nodes_own_host_too(node, path):
    assert ask(node, path).status_code == 200
    assert ask(node, path, host="other.example").get_json()["code"] == "wrong_host"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_may_ask_by_any_name(node, path):
    assert ask(node, path, host="127.0.0.1:8000").status_code == 200
