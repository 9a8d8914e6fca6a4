"""The sweeps walk every endpoint there is, and ask each of them well."""

import pytest

from server.console.mounting import CONSOLE
from tests.sweeps.requests import asked_of, guarded, public

# What a good request gets; a member cannot apply again.
GOOD = {"push_batch": 201, "send_application": 422, "send_approval": 201, "send_invitation": 201}


def test_the_application_has_no_path_that_is_not_declared(node) -> None:
    routed = {(rule.rule, rule.endpoint.rpartition(".")[2]) for rule in node.app.url_map.iter_rules()}
    pages = {(page.rule, page.name) for part in CONSOLE for page in part.declared}
    assert routed == {(endpoint.rule, endpoint.name) for endpoint in (*guarded(), *public())} | pages


@pytest.mark.parametrize("endpoint", guarded(), ids=lambda endpoint: endpoint.name)
def test_the_good_request_to_an_endpoint_is_good(node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    answered = member.partner.send(
        asked.method,
        asked.path,
        asked.body,
        purpose=asked.purpose,
        by=member.keys[asked.role],
        content_type=asked.content_type,
    )
    assert (answered.status, answered.body) == (GOOD.get(endpoint.name, 200), answered.body)
