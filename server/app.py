"""Wire a node's application: features' endpoints behind the guard, public ones beside it, problems for the rest."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import psycopg
import structlog
from flask import Flask, Response, request
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from server.auditing.routes import declare_auditing
from server.batches.routes import declare_batches
from server.console.mounting import mount_console
from server.db import Pool
from server.errors import BodyTooLarge, Busy, InternalError, MethodNotAllowed, NotFound, Refusal
from server.feed.routes import declare_feed
from server.groups.rules import GROUPS
from server.guard import answers
from server.guard.arrivals import check_host, read_body
from server.guard.door import Guard, new_request_id
from server.guard.queries import read_query
from server.incidents.rules import INCIDENTS
from server.opinions.routes import opinions
from server.opinions.rules import OPINIONS
from server.organisations.routes import organisations
from server.people.routes import people
from server.signals.rules import SIGNALS
from server.trail.routes import trail
from server.tree.routes import endpoints as log_of_node
from server.watching import exchanges
from server.web import openapi
from server.web.endpoints import Endpoint, Endpoints, PublicEndpoint
from server.web.exchange import Node, Visit
from server.web.routes import published
from server.witnessing.routes import witnessing

KINDS = {rules.kind: rules for rules in (SIGNALS, INCIDENTS, OPINIONS, GROUPS)}

# Probes ask a process by its address, not by the node's name.
_PROBED = frozenset({"/healthz", "/readyz"})

log = structlog.get_logger()


def declared_features(*, page_builds: int, trail_pool: Pool | None = None) -> tuple[Endpoints, ...]:
    """Return every endpoint of a node, by feature; without the auditor's pool, to be walked or described."""
    return (
        organisations,
        declare_batches(KINDS),
        declare_feed(page_builds=page_builds),
        opinions,
        people,
        trail,
        log_of_node,
        declare_auditing(trail_pool),
        witnessing,
        published,
    )


def create_app(node: Node, pool: Pool, trail_pool: Pool) -> Flask:
    """Return the WSGI application of one process of this node; auditors' questions are asked of `trail_pool`."""
    app = Flask("havre", static_folder=None)
    # A path has one spelling: nothing is redirected, merged or guessed.
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    guard = Guard(node, pool)
    features = declared_features(page_builds=node.settings.page_builds, trail_pool=trail_pool)
    visit = Visit(node=node, pool=pool, describe=cache(lambda: openapi.describe(features)), take=guard.take)
    for feature in features:
        for endpoint in feature.guarded:
            _add(app, feature, endpoint, _guarded_view(guard, endpoint), method=endpoint.method)
        for public in feature.public:
            _add(app, feature, public, _public_view(guard, visit, public), method=public.method)
    mount_console(app, node, pool, trail_pool)
    _answer_the_rest(app, guard)
    return app


def _add(
    app: Flask, feature: Endpoints, endpoint: Endpoint | PublicEndpoint, view: Callable[..., Response], *, method: str
) -> None:
    app.add_url_rule(
        endpoint.rule,
        endpoint=f"{feature.name}.{endpoint.name}",
        view_func=view,
        provide_automatic_options=False,
        methods=[method],
    )


def _guarded_view(guard: Guard, endpoint: Endpoint) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        # Werkzeug adds HEAD to every GET; an answer without a body cannot be signed.
        if request.method != endpoint.method:
            return guard.refuse(MethodNotAllowed(), new_request_id())
        return guard.serve(endpoint, request.environ, path)

    return view


def _public_view(guard: Guard, visit: Visit, endpoint: PublicEndpoint) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        if request.method != endpoint.method:
            return guard.refuse(MethodNotAllowed(), new_request_id())
        try:
            if endpoint.rule not in _PROBED:
                check_host(request.environ, visit.node.settings)
            asked = replace(
                visit,
                query=read_query(request.environ.get("QUERY_STRING", ""), endpoint.query) if endpoint.query else {},
                accept=request.headers.get("Accept", ""),
                accept_language=request.headers.get("Accept-Language", ""),
                body_bytes=read_body(request.environ, endpoint.body, is_any_type=True),
            )
            answer = answers.public_answer(endpoint.view(asked, **path), media_type=endpoint.media_type)
        except Refusal as refusal:
            return guard.refuse(refusal, new_request_id())
        except (PoolTimeout, psycopg.OperationalError):
            return guard.refuse(Busy(), new_request_id())
        exchanges.published()
        return answer

    return view


def _answer_the_rest(app: Flask, guard: Guard) -> None:
    """Give every answer that no endpoint gives the form of a problem: unknown paths, other methods, our own faults."""

    def refuse_http(error: HTTPException) -> Response:
        if isinstance(error, WrongMethod):
            return guard.refuse(MethodNotAllowed(), new_request_id())
        if isinstance(error, RequestEntityTooLarge):
            return guard.refuse(BodyTooLarge(), new_request_id())
        return guard.refuse(NotFound(), new_request_id())

    def refuse_unforeseen(error: Exception) -> Response:
        request_id = new_request_id()
        log.error("request_failed", request_id=str(request_id), error=type(error).__name__)
        return guard.refuse(InternalError(), request_id)

    handlers: dict[Any, Callable[..., Response]] = {HTTPException: refuse_http, Exception: refuse_unforeseen}
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)
