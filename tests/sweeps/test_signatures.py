"""Every component of a request's signature, dropped or altered in turn, on every endpoint: refused, all alike."""

import re

import orjson
import pytest

from crypto.message_form import signature_field
from server.web.endpoints import Endpoint
from tests.exchanges import changed, rows_of
from tests.partners import a_nonce, now_seconds
from tests.sweeps.requests import Asked, Member, asked_of, guarded

ENDPOINTS = pytest.mark.parametrize("endpoint", guarded(), ids=lambda endpoint: endpoint.name)
HEADERS = ("Havre-Purpose", "Content-Type", "Content-Digest", "Signature-Input", "Signature")
PARAMETERS = ("created", "keyid", "nonce", "tag")


def signed(member: Member, asked: Asked) -> dict[str, str]:
    return member.partner.sign(
        asked.method,
        asked.path,
        asked.body,
        purpose=asked.purpose,
        by=member.keys[asked.role],
        content_type=asked.content_type,
    )


def components_of(headers: dict[str, str]) -> list[str]:
    return re.findall(r'"([^"]+)"(?=[ )])', headers["Signature-Input"].split(";")[0])


def without_component(member: Member, asked: Asked, headers: dict[str, str], component: str) -> dict[str, str]:
    """The same request, rightly signed, but not over `component`."""
    values = {
        "@method": asked.method,
        "@target-uri": member.partner.node.settings.origin_url + asked.path,
        **{name.lower(): value for name, value in headers.items()},
    }
    kept = [name for name in components_of(headers) if name != component]
    listed = " ".join(f'"{name}"' for name in kept)
    told = f"({listed})" + headers["Signature-Input"].partition(")")[2]
    base = "\n".join([*(f'"{name}": {values[name]}' for name in kept), f'"@signature-params": {told}'])
    signature = member.keys[asked.role].key.sign(base.encode())
    return {**headers, "Signature-Input": f"havre={told}", "Signature": signature_field(signature)}


def without_parameter(headers: dict[str, str], parameter: str) -> dict[str, str]:
    told = re.sub(rf';{parameter}=("[^"]*"|[0-9]+)', "", headers["Signature-Input"])
    assert told != headers["Signature-Input"]
    return {**headers, "Signature-Input": told}


def altered(name: str, value: str) -> str:
    """Another value of the same form."""
    if name == "Content-Type":
        return "application/json" if value != "application/json" else "application/x-ndjson"
    if name == "Havre-Purpose":
        return "audit" if value != "audit" else "detection"
    position = value.index(":") + 5 if name in {"Content-Digest", "Signature"} else len(value) - 30
    other = "A" if value[position] != "A" else "B"
    return value[:position] + other + value[position + 1 :]


def attempts(member: Member, asked: Asked, endpoint: Endpoint) -> dict[str, tuple[dict[str, str], str, bytes | None]]:
    """Every way round: (headers, path, body) by what was done."""
    ways: dict[str, tuple[dict[str, str], str, bytes | None]] = {"unsigned": ({}, asked.path, asked.body)}
    for name in (name for name in HEADERS if name in signed(member, asked)):
        headers = signed(member, asked)
        ways[f"without {name}"] = ({key: headers[key] for key in headers if key != name}, asked.path, asked.body)
        ways[f"altered {name}"] = ({**headers, name: altered(name, headers[name])}, asked.path, asked.body)
    for component in components_of(signed(member, asked)):
        headers = without_component(member, asked, signed(member, asked), component)
        ways[f"not covering {component}"] = (headers, asked.path, asked.body)
    for parameter in PARAMETERS:
        ways[f"without {parameter}"] = (without_parameter(signed(member, asked), parameter), asked.path, asked.body)
    headers = signed(member, asked)
    told = headers["Signature-Input"]
    for what, other in {
        "later": re.sub(r"created=[0-9]+", f"created={now_seconds() + 1_000}", told),
        "another nonce": re.sub(r'nonce="[^"]+"', f'nonce="{a_nonce()}"', told),
        "another tag": told.replace("havre-request-v1", "havre-request-v2"),
        "another label": told.replace("havre=", "other=", 1),
        "an algorithm": f'{told};alg="ed25519"',
        "an expiry": f"{told};expires={now_seconds() + 60}",
        "another key": told.replace(member.keys[asked.role].thumbprint, member.partner.record.thumbprint),
        "another organisation": told.replace("member.example", "node.example"),
        "two signatures": f"{told}, {told.replace('havre=', 'b=', 1)}",
    }.items():
        assert other != told
        ways[what] = ({**headers, "Signature-Input": other}, asked.path, asked.body)
    ways["another target"] = (
        signed(member, asked),
        asked.path + ("&" if "?" in asked.path else "?") + "x=1",
        asked.body,
    )
    if asked.body is not None:
        ways["another body"] = (signed(member, asked), asked.path, asked.body + b" ")
        ways["no body"] = (signed(member, asked), asked.path, b"")
    if endpoint.identify is not None:
        # These are judged body first, and one of another type is not read.
        ways.pop("altered Content-Type", None)
    return ways


@ENDPOINTS
def test_no_component_can_be_dropped_or_altered(database, node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    accepted = {}
    before = rows_of(database.owner)
    for what, (headers, path, body) in attempts(member, asked, endpoint).items():
        response = member.partner.raw(asked.method, path, headers, body)
        problem = orjson.loads(response.get_data())
        if (response.status_code, problem["code"]) != (401, "not_authenticated") or "Signature" in response.headers:
            accepted[what] = (response.status_code, problem["code"])
    assert accepted == {}
    assert changed(before, rows_of(database.owner)) <= {"entry", "nonce", "unplaced"}


@ENDPOINTS
def test_what_was_signed_for_one_method_is_refused_for_another(node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    headers = signed(member, asked)
    others = [
        method for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS") if method != asked.method
    ]
    statuses = {method: member.partner.raw(method, asked.path, headers, asked.body).status_code for method in others}
    assert set(statuses.values()) == {405}


@ENDPOINTS
def test_all_refusals_of_authentication_are_alike(node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    bodies = set()
    names = set()
    for headers, path, body in attempts(member, asked, endpoint).values():
        response = member.partner.raw(asked.method, path, headers, body)
        problem = orjson.loads(response.get_data())
        del problem["request_id"]
        bodies.add(orjson.dumps(problem))
        names.add(tuple(sorted(response.headers.keys())))
    assert len(bodies) == 1
    assert len(names) == 1


@pytest.mark.parametrize("name", ["put_statement", "send_application"])
def test_a_statement_of_another_media_type_is_refused_before_its_signer_is_known(node, member, name) -> None:
    asked = asked_of(next(endpoint for endpoint in guarded() if endpoint.name == name), node, member)
    headers = {**signed(member, asked), "Content-Type": "application/x-ndjson"}
    response = member.partner.raw(asked.method, asked.path, headers, asked.body)
    assert response.status_code == 415
    assert "Signature" not in response.headers
