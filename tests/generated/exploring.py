"""Requests that Schemathesis makes from our own OpenAPI document, each signed by a key that may send it.

A case is of the described form, or deliberately not. Where a form alone finds nothing (names of records, documents that
somebody signed) some requests take that part from the one good request to the endpoint.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.schemas import APIOperation
from werkzeug import Response

from tests.partners import Held, TestNode, a_nonce, now_seconds
from tests.sweeps.requests import JSON, NDJSON, Asked, Member, asked_of, guarded

# What an exchange gets that the guard let through, whatever became of it.
BEYOND_THE_GUARD = {200, 201, 404, 409, 422}
SIGNING = {"content-digest", "content-type", "havre-purpose", "signature", "signature-input"}
# Shorter texts stand in an answer by chance.
ECHO_CHARACTERS = 6


def as_text(_context: object, value: object) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


schemathesis.serializer(NDJSON)(as_text)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request as it went out."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    texts: list[str]


@dataclass(kw_only=True)
class Findings:
    """What came of all requests: how many the guard let through, and what must not be."""

    guarded: int = 0
    passed: int = 0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.passed / self.guarded


def texts_of(value: object) -> Iterator[str]:
    """Every text in `value`, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, below in value.items():
            yield name
            yield from texts_of(below)
    elif isinstance(value, list):
        for below in value:
            yield from texts_of(below)


def body_of(case: Case) -> bytes | None:
    if case.media_type is None or isinstance(case.body, NotSet):
        return None
    if case.media_type == NDJSON:
        return as_text(None, case.body)
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()


def signature_of(signed: dict[str, str], keyid: str, by: Held) -> dict[str, str]:
    """The headers that sign these components, also those which our own signer refuses to sign (RFC 9421 §2.5)."""
    listed = " ".join(f'"{name}"' for name in signed)
    told = f'({listed});created={now_seconds()};keyid="{keyid}";nonce="{a_nonce()}";tag="havre-request-v1"'
    base = "\n".join([*(f'"{name}": {value}' for name, value in signed.items()), f'"@signature-params": {told}'])
    headers = {name: value for name, value in signed.items() if not name.startswith("@")}
    signature = b64encode(by.key.sign(base.encode("utf-8", "surrogatepass"))).decode()
    return headers | {"signature-input": f"havre={told}", "signature": f"havre=:{signature}:"}


class Explorer:
    """Sends generated requests to `node` and notes what its answers break."""

    def __init__(self, node: TestNode, member: Member) -> None:
        self.node, self.member, self.findings = node, member, Findings()
        self.document = node.public("/openapi.json")
        self.declared = {endpoint.name: endpoint for endpoint in guarded()}
        loaded = schemathesis.openapi.from_dict(self.document)
        found = [result.ok() for result in loaded.get_all_operations()]
        self.operations: dict[str, APIOperation] = {each.definition.raw["operationId"]: each for each in found}

    def explore(self, name: str, *, mode: GenerationMode, examples: int) -> None:
        """Send `examples` requests to the operation `name`."""
        roles = self.operations[name].definition.raw.get("x-havre-roles", ["consumer"])

        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.operations[name].as_strategy(mode), st.sampled_from(roles), st.integers(0, 3))
        def sends(case: Case, role: str, kept: int) -> None:
            self._send(name, case, role, kept)

        sends()

    def _send(self, name: str, case: Case, role: str, kept: int) -> None:
        """Send one case; the bits of `kept` say whether path and body are those of the good request."""
        endpoint = self.declared.get(name)
        sent = self._signed(case, asked_of(endpoint, self.node, self.member), role, kept) if endpoint else _plain(case)
        response = self.member.partner.raw(sent.method, sent.path, sent.headers, sent.body)
        self.findings.statuses[name, response.status_code] += 1
        if endpoint is not None:
            self.findings.guarded += 1
            self.findings.passed += response.status_code in BEYOND_THE_GUARD and "Signature" in response.headers
        for fault in self.faults(name, sent, response):
            self.findings.wrong.append(f"{fault}: {sent.method} {sent.path} {sent.body!r:.300} → {response.status}")

    def _signed(self, case: Case, good: Asked, role: str, kept: int) -> Sent:
        partner = self.member.partner
        plain = _plain(case)
        path = good.path if kept & 1 else plain.path
        body = good.body if kept & 2 else plain.body
        told = case.headers.get("Havre-Purpose", "")
        purpose = told if told and told.isascii() and told.isprintable() else good.purpose
        signed = {"@method": case.method, "@target-uri": self.node.settings.origin_url + path, "havre-purpose": purpose}
        if body is not None:
            signed["content-type"] = case.media_type or good.content_type
            signed["content-digest"] = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        headers = plain.headers | signature_of(
            signed, partner.keyid(self.member.keys[role].key), self.member.keys[role]
        )
        # A generated body is the caller's; the good one has texts that are right to name, such as its own id.
        texts = ([] if kept & 1 else _texts_of_target(case)) + ([] if kept & 2 else list(texts_of(case.body)))
        return Sent(method=case.method, path=path, headers=headers, body=body, texts=texts)

    def faults(self, name: str, sent: Sent, response: Response) -> Iterator[str]:
        """Say what is wrong with an answer: a fault, a form that is not described, an echo."""
        answers: dict[str, Any] = self.operations[name].definition.raw["responses"]
        status, body = str(response.status_code), response.get_data()
        if response.status_code >= 500:
            yield "a fault of the node"
        told = answers.get(status) or ({} if name in self.declared else answers["default"])
        described = told.get("content", {}).get(response.headers["Content-Type"])
        if described is None:
            yield "a status or media type that is not described"
            return
        yield from self._form_faults(described.get("schema"), body, response.headers["Content-Type"])
        yield from (f"no header {each}" for each in told.get("headers", {}) if each not in response.headers)
        if response.status_code >= 400:
            problem = json.loads(body)
            said = json.dumps([problem["code"], problem.get("refused")], ensure_ascii=False)
            echoed = [text for text in sent.texts if len(text) >= ECHO_CHARACTERS and text in said]
            yield from ("an echo of what was sent" for _ in echoed)

    def _form_faults(self, schema: Any, body: bytes, media_type: str) -> Iterator[str]:
        if schema is None or media_type not in {JSON, "application/problem+json"}:
            return
        validator = jsonschema_rs.validator_for(
            {**schema, "components": self.document["components"]}, validate_formats=True
        )
        yield from (f"not of its form at {error.instance_path}" for error in validator.iter_errors(json.loads(body)))


def _plain(case: Case) -> Sent:
    """The case as it was generated, unsigned; what no HTTP client would send as a header is left out."""
    query = f"?{urlencode(case.query, doseq=True)}" if case.query else ""
    headers = {
        name: value
        for name, value in case.headers.items()
        if name.lower() not in SIGNING and name.isascii() and f"{name}{value}".isprintable() and f"{value}".isascii()
    }
    body = body_of(case)
    return Sent(
        method=case.method, path=case.formatted_path + query, headers=headers, body=body, texts=_texts_of_target(case)
    )


def _texts_of_target(case: Case) -> list[str]:
    return [*texts_of(case.path_parameters), *texts_of(case.query), *(f"{value}" for value in case.headers.values())]
