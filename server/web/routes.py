"""Publish what anybody may read: health, readiness, the description of the API, its schemas, the pages of problems."""

import orjson
import structlog

from schemas.answers import HealthSchema
from schemas.openapi import SCHEMA_NAMES, named_json_schema
from server import readiness
from server.errors import NotFound, NotReady
from server.web import pages
from server.web.endpoints import Endpoints
from server.web.exchange import Visit

published = Endpoints(name="published", description="What anybody may read without a signature.")

log = structlog.get_logger()

_OK = b'{"status":"ok"}'


@published.public_get("/healthz", answer=HealthSchema())
def healthz(visit: Visit) -> bytes:  # noqa: ARG001 - public views get a visit
    """Say that this process answers."""
    return _OK


@published.public_get("/readyz", answer=HealthSchema())
def readyz(visit: Visit) -> bytes:
    """Say that this node can serve: its role, its schema, its trail.

    Raises:
        NotReady: it cannot; why is for the operator alone.
    """
    with visit.pool.connection() as db:
        problems = readiness.problems_of(db)
    if problems:
        log.error("readiness_failed", problems=problems)
        raise NotReady
    return _OK


@published.public_get("/openapi.json")
def openapi_document(visit: Visit) -> bytes:
    """Describe every endpoint in OpenAPI 3.1."""
    return visit.describe()


@published.public_get("/v1/schemas/<name>", media_type="application/schema+json")
def schema(visit: Visit, name: str) -> bytes:  # noqa: ARG001 - public views get a visit
    """Give one published schema as JSON Schema 2020-12."""
    if name not in SCHEMA_NAMES:
        raise NotFound
    return orjson.dumps(named_json_schema(name))


@published.public_get("/problems/<code>", media_type="text/markdown; charset=utf-8")
def problem(visit: Visit, code: str) -> bytes:  # noqa: ARG001 - public views get a visit
    """Explain one problem code: what it means and what to do."""
    page = pages.problem_pages().get(code)
    if page is None:
        raise NotFound
    return page.encode()
