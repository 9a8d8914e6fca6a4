"""Publish what anybody may read: health, readiness, the description of the API, its schemas, the pages of problems."""

import re

import orjson
import structlog

from schemas.answers import HealthSchema
from schemas.openapi import SCHEMA_NAMES, named_json_schema
from server import readiness
from server.errors import NotFound, NotReady
from server.web import carried, pages, people
from server.web.endpoints import Endpoints, Parameter
from server.web.exchange import Page, Visit
from server.web.languages import LANGUAGES, choose_language

published = Endpoints(name="published", description="What anybody may read without a signature.")

LANGUAGE = Parameter(name="lang", form=re.compile("|".join(LANGUAGES)), meaning="The language of the page's own words.")
_OF_FILES = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "same-origin"}

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


@published.public_get("/problems/<code>", media_type="text/markdown; charset=utf-8", query=(LANGUAGE,))
def problem(visit: Visit, code: str) -> bytes | Page:
    """Explain one problem code: what it means and what to do; a browser gets it as a page."""
    text = pages.problem_pages().get(code)
    if text is None:
        raise NotFound
    if "text/html" not in visit.accept:
        return text.encode()
    return people.problem_page(code, _language(visit))


@published.public_get("/docs", media_type=people.HTML, query=(LANGUAGE,))
def api_for_people(visit: Visit) -> Page:
    """Show every endpoint to people."""
    return people.api_page(_language(visit))


@published.public_get("/docs/vocabulary", media_type=people.HTML, query=(LANGUAGE,))
def vocabulary_for_people(visit: Visit) -> Page:
    """Show every enumeration to people, each value in English and French."""
    return people.vocabulary_page(_language(visit))


@published.public_get("/docs/files/<file>", media_type="application/octet-stream")
def file_of_pages(visit: Visit, file: str) -> Page:  # noqa: ARG001 - public views get a visit
    """Give a script or style sheet of the pages for people."""
    found = carried.file_named(file)
    if found is None:
        raise NotFound
    return Page(body_bytes=found.body_bytes, media_type=found.media_type, headers=_OF_FILES)


def _language(visit: Visit) -> str:
    return choose_language(visit.query.get("lang"), visit.accept_language)
