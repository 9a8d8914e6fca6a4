"""Every refusal has its status, its page, and its code in the published schema."""

import orjson
import pytest

from schemas.problems import ProblemSchema
from server.errors import every_refusal
from server.web import problems
from server.web.pages import problem_pages
from tests.sweeps.requests import guarded

REFUSALS = pytest.mark.parametrize("refusal", every_refusal(), ids=lambda refusal: refusal.code)


@REFUSALS
def test_a_refusal_has_a_status(refusal) -> None:
    assert 400 <= problems.STATUS[refusal].value <= 599


@REFUSALS
def test_a_refusal_has_a_page(node, refusal) -> None:
    response = node.app.test_client().get(f"/problems/{refusal.code}", base_url=node.settings.origin_url)
    assert response.status_code == 200
    assert response.get_data().decode() == problem_pages()[refusal.code]


@REFUSALS
def test_the_code_of_a_refusal_is_in_the_published_schema(node, refusal) -> None:
    response = node.app.test_client().get("/v1/schemas/problem", base_url=node.settings.origin_url)
    schema = orjson.loads(response.get_data())
    assert refusal.code in schema["properties"]["code"]["enum"]


@REFUSALS
def test_no_two_refusals_share_a_code(refusal) -> None:
    assert [one.code for one in every_refusal()].count(refusal.code) == 1


@pytest.mark.parametrize("endpoint", guarded(), ids=lambda endpoint: endpoint.name)
def test_what_an_endpoint_declares_has_a_status(endpoint) -> None:
    assert set(endpoint.refusals) <= set(problems.STATUS)


def test_a_problem_has_the_published_form(node) -> None:
    response = node.app.test_client().get("/v1/feed", base_url=node.settings.origin_url)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert ProblemSchema().validate(orjson.loads(response.get_data())) == {}
