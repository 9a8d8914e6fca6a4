"""No generated request makes the node fail, or answer what its own OpenAPI document does not say."""

import json

import pytest
from schemathesis import GenerationMode
from werkzeug import Response

from tests.generated.exploring import Findings, Sent
from tests.sweeps.requests import guarded, public

LEAST_SHARE = 0.3
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def test_every_declared_endpoint_is_described(explorer) -> None:
    assert set(explorer.operations) == {endpoint.name for endpoint in (*guarded(), *public())}


def test_a_guarded_endpoint_describes_each_of_its_statuses_and_no_other(explorer) -> None:
    described = {name: explorer.operations[name].definition.raw["responses"] for name in explorer.declared}
    assert {name for name, answers in described.items() if "default" in answers} == set()


PROBLEM = {
    "type": "https://node.example/problems/bad_query",
    "title": "Synthetic.",
    "status": 400,
    "code": "bad_query",
    "request_id": "0193a5c0-0000-7000-8000-000000000001",
}
SENT = Sent(method="GET", path="/v1/feed?limit=curious", headers={}, body=None, texts=["curious"])
PROBLEM_TYPE = "application/problem+json"


@pytest.mark.parametrize(
    ("status", "media_type", "changes", "fault"),
    [
        (500, PROBLEM_TYPE, {"status": 500, "code": "internal_error"}, "a fault of the node"),
        (418, PROBLEM_TYPE, {}, "a status or media type that is not described"),
        (400, "application/json", {}, "a status or media type that is not described"),
        (400, PROBLEM_TYPE, {"detail": "more"}, "not of its form"),
        (400, PROBLEM_TYPE, {"refused": [{"index": None, "pointer": "/curious", "code": "pattern"}]}, "an echo"),
        (200, "application/x-ndjson", {}, "no header Havre-Receipt"),
    ],
)
def test_what_an_answer_must_not_be_is_found(explorer, status, media_type, changes, fault) -> None:
    answer = Response(json.dumps(PROBLEM | changes), status=status, content_type=media_type)
    assert any(found.startswith(fault) for found in explorer.faults("read_feed", SENT, answer))


def test_a_good_refusal_has_no_fault(explorer) -> None:
    answer = Response(json.dumps(PROBLEM), status=400, content_type=PROBLEM_TYPE)
    assert list(explorer.faults("read_feed", SENT, answer)) == []


def judged(findings: Findings) -> None:
    told = f"{findings.passed} of {findings.guarded} signed requests passed the guard ({findings.share:.0%})"
    print(f"\n{told}\n{sorted(findings.statuses.items())}")  # noqa: T201 - the share is to be seen
    assert findings.wrong == []
    assert findings.share >= LEAST_SHARE


def test_a_few_generated_requests_to_each_guarded_endpoint_get_what_the_description_says(explorer) -> None:
    for number, name in enumerate(explorer.declared):
        explorer.explore(name, mode=MODES[number % 2], examples=2)
    judged(explorer.findings)


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_many_generated_requests_get_what_the_description_says(explorer) -> None:
    for name in explorer.operations:
        for mode in MODES if name in explorer.declared else MODES[:1]:
            explorer.explore(name, mode=mode, examples=30)
    judged(explorer.findings)
