"""Answer auditors who ask to whom a record was released, or what was released to an organisation."""

import re
from datetime import datetime
from uuid import UUID

from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from schemas.exposures import (
    RELEASES_A_PAGE,
    OrganisationExposure,
    OrganisationExposureSchema,
    RecordExposure,
    RecordExposureSchema,
    ReleaseProof,
    ReleaseProofSchema,
)
from schemas.vocabulary.records import KIND
from server.access import SHARING_PURPOSES, Permission
from server.auditing import exposing
from server.auditing.exposing import ExposureFilter
from server.auditing.viewing import Viewer, reading, viewer_of
from server.db import Pool
from server.errors import BadCursor, BadQuery, NotFound, RoleNotAllowed
from server.web.endpoints import Endpoints, Parameter
from server.web.exchange import Exchange

_INDEX = re.compile(r"[0-9]{1,16}")
_LIMIT = Parameter(
    name="limit", form=re.compile(r"[1-9][0-9]{0,2}|1000"), meaning=f"releases a page, at most {RELEASES_A_PAGE}"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def declare_exposure(auditing: Endpoints, trail_pool: Pool | None) -> None:
    """Declare what is asked of exposure among the auditors' endpoints; `trail_pool` is the auditor's role's."""

    @auditing.get(
        "/v1/trail/records/<origin>/<record_id>/exposure",
        permission=Permission.READ_EXPOSURE,
        answer=RecordExposureSchema(),
        refusals=(NotFound,),
        query=(
            Parameter(name="after", form=_INDEX, meaning="the `next` of the page before"),
            _LIMIT,
        ),
    )
    def read_record_exposure(exchange: Exchange, origin: str, record_id: str) -> RecordExposure:
        """Read to whom which revision of a record was released, when, for what purpose, by which signed request."""
        _check_names(origin, record_id)
        with reading(trail_pool) as db:
            report = exposing.exposure_of_record(
                db,
                _viewer(exchange),
                origin,
                UUID(record_id),
                after=int(exchange.query.get("after", -1)),
                limit=_limit(exchange),
            )
        if report is None:
            raise NotFound
        exchange.facts.records = len(report.releases)
        return report

    @auditing.get(
        "/v1/trail/records/<origin>/<record_id>/exposure/<index>",
        permission=Permission.READ_EXPOSURE,
        answer=ReleaseProofSchema(),
        refusals=(NotFound,),
    )
    def prove_record_release(exchange: Exchange, origin: str, record_id: str, index: str) -> ReleaseProof:
        """Prove that the pull at an index of the log released a record, by what its entry says was served."""
        _check_names(origin, record_id)
        if not _INDEX.fullmatch(index):
            raise NotFound
        with reading(trail_pool) as db:
            proof = exposing.prove_release(db, _viewer(exchange), origin, UUID(record_id), index=int(index))
        if proof is None:
            raise NotFound
        return proof

    @auditing.get(
        "/v1/trail/organisations/<name>/exposure",
        permission=Permission.READ_EXPOSURE,
        answer=OrganisationExposureSchema(),
        refusals=(NotFound, BadCursor, BadQuery),
        query=(
            Parameter(
                name="after",
                form=re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,16}){0,4}"),
                meaning="the `next` of the page before",
            ),
            _LIMIT,
            Parameter(name="origin", form=re.compile(r"[a-z0-9.-]{3,100}"), meaning="whose records"),
            Parameter(name="kind", form=re.compile("|".join(KIND.values)), meaning="records of which kind"),
            Parameter(
                name="purpose", form=re.compile("|".join(sorted(SHARING_PURPOSES))), meaning="for which purpose asked"
            ),
            Parameter(name="since", form=_MOMENT, meaning="from this moment on, RFC 3339"),
            Parameter(name="until", form=_MOMENT, meaning="before this moment, RFC 3339"),
        ),
    )
    def read_organisation_exposure(exchange: Exchange, name: str) -> OrganisationExposure:
        """Read what was released to an organisation: which revision of whose record, when, for what purpose."""
        if not is_organisation(name):
            raise NotFound
        query = exchange.query
        with reading(trail_pool) as db:
            report = exposing.exposure_of_organisation(
                db,
                _viewer(exchange),
                name,
                ExposureFilter(
                    origin=query.get("origin"),
                    kind=query.get("kind"),
                    purpose=query.get("purpose"),
                    since=_moment(query.get("since")),
                    until=_moment(query.get("until")),
                ),
                after=query.get("after"),
                limit=_limit(exchange),
            )
        if report is None:
            raise NotFound
        exchange.facts.records = len(report.releases)
        return report


def _viewer(exchange: Exchange) -> Viewer:
    caller = exchange.caller
    if caller.organisation_id is None or exchange.role is None:
        raise RoleNotAllowed
    return viewer_of(organisation_id=caller.organisation_id, organisation=caller.organisation, role=exchange.role)


def _check_names(origin: str, record_id: str) -> None:
    if not is_uuid7(record_id) or not is_organisation(origin):
        raise NotFound


def _limit(exchange: Exchange) -> int:
    return int(exchange.query.get("limit", RELEASES_A_PAGE))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery from error
