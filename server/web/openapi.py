"""Describe the endpoints in OpenAPI 3.1, from their declarations and the schemas; nothing is described twice."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response
from flask_smorest import Api, Blueprint

from schemas.bulk import RECORD_SCHEMAS
from schemas.openapi import named_json_schema
from schemas.problems import ProblemSchema
from server.access import ALLOWANCES
from server.errors import Refusal
from server.web import problems
from server.web.endpoints import Endpoint, Endpoints, Parameter, PublicEndpoint

SETTINGS: dict[str, object] = {
    "API_TITLE": "Havre",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    # The document is served by our own public endpoint; flask-smorest only writes it.
    "OPENAPI_URL_PREFIX": None,
    "JSON_SORT_KEYS": False,
    # OPTIONS has no signed form; flask-smorest does not pass on that a rule wants none.
    "PROVIDE_AUTOMATIC_OPTIONS": False,
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "Exchange of hash signals and incident metadata. Every request and answer is signed in the "
            "one profile of RFC 9421 that docs/protocol.md describes; OpenAPI has no word for it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "components": {
            "securitySchemes": {
                "havreSignature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature",
                    "description": "HTTP Message Signature (RFC 9421), label `havre`, Ed25519.",
                }
            }
        },
    },
}

_SIGNED_HEADERS = ("Content-Digest", "Havre-Receipt", "Signature-Input", "Signature")


class DocumentedBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's blueprint, told what a declaration says instead of what decorators would."""

    def add_endpoint(self, endpoint: Endpoint) -> None:
        """Add the description of a guarded endpoint."""
        self.add_url_rule(
            endpoint.rule,
            endpoint=endpoint.name,
            view_func=_described(endpoint.view, _operation(endpoint)),
            methods=[endpoint.method],
        )

    def add_public_endpoint(self, endpoint: PublicEndpoint) -> None:
        """Add the description of a public endpoint."""
        content: dict[str, object] = {} if endpoint.answer is None else {"schema": endpoint.answer}
        documentation: dict[str, Any] = {
            "operationId": endpoint.name,
            "security": [],
            "parameters": [_query_parameter(parameter) for parameter in endpoint.query],
            "responses": {
                "200": {"description": "OK", "content": {endpoint.media_type: content}},
                "default": {
                    "description": "A problem; never signed.",
                    "content": {problems.MEDIA_TYPE: {"schema": ProblemSchema()}},
                },
            },
        }
        if endpoint.body is not None:
            documentation["requestBody"] = {
                "required": True,
                "content": {endpoint.body.media_type: {"schema": {"type": "string"}}},
            }
        documentation["responses"] |= _refused(endpoint.refusals)
        self.add_url_rule(
            endpoint.rule,
            endpoint=endpoint.name,
            view_func=_described(endpoint.view, documentation),
            methods=[endpoint.method],
        )


class DescribingApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's Api without its own form of errors, which nothing here ever answers."""

    DEFAULT_ERROR_RESPONSE_NAME = None


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    allowance = ALLOWANCES[endpoint.permission]
    purposes = sorted(allowance.purposes)
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "security": [{"havreSignature": []}],
        "x-havre-permission": endpoint.permission.value,
        "x-havre-roles": sorted(allowance.roles | ({allowance.own_role} if allowance.own_role else set())),
        "parameters": [
            {
                "in": "header",
                "name": "Havre-Purpose",
                "required": True,
                "description": "Why the caller acts; entered in the log.",
                "schema": {"type": "string", "enum": purposes},
            },
            *(_query_parameter(parameter) for parameter in endpoint.query),
        ],
        "responses": _responses(endpoint),
    }
    if endpoint.body is not None:
        schema = endpoint.body.schema if endpoint.body.schema is not None else {"type": "string"}
        operation["requestBody"] = {"required": True, "content": {endpoint.body.media_type: {"schema": schema}}}
    return operation


def _query_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "in": "query",
        "name": parameter.name,
        "description": parameter.meaning,
        "schema": {"type": "string", "pattern": f"^(?:{parameter.form.pattern})$"},
    }


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    good: object = endpoint.answer if endpoint.answer is not None else {"type": "string"}
    headers = {name: {"schema": {"type": "string"}, "required": True} for name in _SIGNED_HEADERS}
    responses: dict[str, Any] = {
        str(status.value): {
            "description": status.phrase,
            "headers": headers,
            "content": {each: {"schema": good} for each in (endpoint.media_type, *endpoint.other_media_types)},
        }
        for status in endpoint.statuses
    }
    return responses | _refused((*problems.EVERYWHERE, *endpoint.refusals))


def _refused(refusals: Sequence[type[Refusal]]) -> dict[str, Any]:
    """Return the description of each status that these refusals come with."""
    by_status: dict[HTTPStatus, list[str]] = {}
    for refusal in refusals:
        by_status.setdefault(problems.STATUS[refusal], []).append(refusal.code)
    return {
        str(status.value): {
            "description": ", ".join(sorted(set(codes))),
            "content": {problems.MEDIA_TYPE: {"schema": ProblemSchema()}},
        }
        for status, codes in sorted(by_status.items())
    }


def describe(features: Sequence[Endpoints]) -> bytes:
    """Return the OpenAPI document of all endpoints of `features`, as JSON.

    It is written over an application of its own, which answers nothing: serving needs no description.
    """
    app = Flask("havre-description", static_folder=None)
    app.config.update(SETTINGS)
    api = DescribingApi(app)
    for feature in features:
        blueprint = DocumentedBlueprint(feature.name, __name__, description=feature.description)
        for endpoint in feature.guarded:
            blueprint.add_endpoint(endpoint)
        for public in feature.public:
            blueprint.add_public_endpoint(public)
        api.register_blueprint(blueprint)
    # What travels as NDJSON lines is no endpoint's body as a whole; its schemas stand beside the endpoints.
    for kind in RECORD_SCHEMAS:
        api.spec.components.schema(f"{kind}_line", named_json_schema(kind))
    document: bytes = orjson.dumps(api.spec.to_dict())
    return document


def _described(view: Callable[..., object], documentation: dict[str, Any]) -> Callable[..., Response]:
    def describes_only() -> Response:
        raise LookupError("this application answers nothing")

    describes_only.__doc__ = view.__doc__
    describes_only._apidoc = {"manual_doc": documentation}  # type: ignore[attr-defined]  # noqa: SLF001 - where flask-smorest looks for it
    return describes_only
