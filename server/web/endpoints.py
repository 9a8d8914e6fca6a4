"""Declare endpoints. One without a permission cannot be written: `permission` has no default.

A declaration says everything that the guard enforces and that OpenAPI tells partners: the permission, the body's
media type and limit, the query parameters, the good answers and the refusals.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from marshmallow import Schema

from crypto.keys import PublicKey
from crypto.messages import SignedRequest
from server.access import Permission
from server.db import Connection
from server.errors import Refusal
from server.web.exchange import Caller, Exchange, Node, Page

NDJSON = "application/x-ndjson"
JSON = "application/json"

View = Callable[..., object]
PublicView = Callable[..., bytes | Page]


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Who a document says is calling, and the key that must have signed the request."""

    key: PublicKey
    caller: Caller


class IdentifyByBody(Protocol):
    """Judge the body first and say whose request it must be; for the two endpoints that bring their own keys."""

    def __call__(
        self, *, db: Connection, node: Node, request: SignedRequest, body_bytes: bytes, path: Mapping[str, str]
    ) -> Identified: ...


@dataclass(frozen=True, kw_only=True)
class Body:
    """What an endpoint takes: one media type, and at most `limit_bytes`."""

    media_type: str
    limit_bytes: int
    schema: Schema | None = None


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One query parameter: its exact form and what it means."""

    name: str
    form: re.Pattern[str]
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One declared endpoint behind the guard."""

    name: str
    method: str
    rule: str
    view: View
    permission: Permission
    answer: Schema | None
    media_type: str
    statuses: tuple[HTTPStatus, ...]
    refusals: tuple[type[Refusal], ...]
    body: Body | None
    query: tuple[Parameter, ...]
    identify: IdentifyByBody | None
    # What its good answer may be besides, where a parameter says so.
    other_media_types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PublicEndpoint:
    """One declared endpoint that anybody may ask: what matters in its answer is signed in itself.

    One with a `body` takes a POST, of whatever media type it says it is; all others are a GET.
    """

    name: str
    rule: str
    view: PublicView
    answer: Schema | None
    media_type: str
    query: tuple[Parameter, ...] = ()
    body: Body | None = None
    refusals: tuple[type[Refusal], ...] = ()

    @property
    def method(self) -> str:
        """Return the one method that it answers to."""
        return "GET" if self.body is None else "POST"


@dataclass(kw_only=True)
class Endpoints:
    """The endpoints of one feature, in the order of their declaration."""

    name: str
    description: str
    guarded: list[Endpoint] = field(default_factory=list)
    public: list[PublicEndpoint] = field(default_factory=list)

    def get(self, rule: str, *, permission: Permission, **declared: Any) -> Callable[[View], View]:
        """Declare a GET behind the guard."""
        return self._declare("GET", rule, permission, **declared)

    def post(self, rule: str, *, permission: Permission, body: Body, **declared: Any) -> Callable[[View], View]:
        """Declare a POST behind the guard."""
        return self._declare("POST", rule, permission, body=body, **declared)

    def put(self, rule: str, *, permission: Permission, body: Body, **declared: Any) -> Callable[[View], View]:
        """Declare a PUT behind the guard."""
        return self._declare("PUT", rule, permission, body=body, **declared)

    def public_get(
        self, rule: str, *, answer: Schema | None = None, media_type: str = JSON, query: Sequence[Parameter] = ()
    ) -> Callable[[PublicView], PublicView]:
        """Declare a GET that needs no signature and gives none; its view returns the body's bytes, or a `Page`."""

        def declare(view: PublicView) -> PublicView:
            self.public.append(
                PublicEndpoint(
                    name=view.__name__, rule=rule, view=view, answer=answer, media_type=media_type, query=tuple(query)
                )
            )
            return view

        return declare

    def public_post(
        self, rule: str, *, body: Body, media_type: str, refusals: Sequence[type[Refusal]] = ()
    ) -> Callable[[PublicView], PublicView]:
        """Declare a POST that needs no signature and gives none: what matters in its body is signed in itself.

        Its view finds the body in the visit, and must take from the rate of whoever signed it before it costs much.
        """

        def declare(view: PublicView) -> PublicView:
            self.public.append(
                PublicEndpoint(
                    name=view.__name__,
                    rule=rule,
                    view=view,
                    answer=None,
                    media_type=media_type,
                    body=body,
                    refusals=tuple(refusals),
                )
            )
            return view

        return declare

    def _declare(
        self,
        method: str,
        rule: str,
        permission: Permission,
        *,
        answer: Schema | None,
        media_type: str = JSON,
        other_media_types: Sequence[str] = (),
        status: HTTPStatus | Sequence[HTTPStatus] = HTTPStatus.OK,
        refusals: Sequence[type[Refusal]] = (),
        body: Body | None = None,
        query: Sequence[Parameter] = (),
        identify: IdentifyByBody | None = None,
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            self.guarded.append(
                Endpoint(
                    name=view.__name__,
                    method=method,
                    rule=rule,
                    view=view,
                    permission=permission,
                    answer=answer,
                    media_type=media_type,
                    other_media_types=tuple(other_media_types),
                    statuses=(status,) if isinstance(status, HTTPStatus) else tuple(status),
                    refusals=tuple(refusals),
                    body=body,
                    query=tuple(query),
                    identify=identify,
                )
            )
            return view

        return declare


__all__ = ["JSON", "NDJSON", "Body", "Endpoint", "Endpoints", "Exchange", "Identified", "Parameter", "PublicEndpoint"]
