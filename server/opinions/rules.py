"""The rules of opinions: on others' records, one each, told to whom the record was told or to its origin alone.

- The manifest's `about` names the origin of all the records; nobody opines on one's own.
- A record that is hidden from the opiner answers as one that is not there.
- An organisation has one live opinion on a record; what has expired gives up its place.
- What an opinion is about never changes; of its revisions the newest holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from schemas.manifests import Audience, Manifest
from server.access import Permission
from server.batches.kinds import KindRules, Pushed
from server.batches.lines import Line
from server.errors import Busy, RefusedMember
from server.opinions import store


@dataclass(frozen=True, kw_only=True)
class _Opinion:
    """What an opinion is about, and its verdict; `about_id` is the record's id, 16 bytes."""

    about_origin: str
    about_id: bytes
    about_revision: int
    verdict: str


def _detail_of(record: Mapping[str, Any]) -> _Opinion:
    about = record["about"]
    return _Opinion(
        about_origin=about["origin"],
        about_id=bytes.fromhex(about["id"].replace("-", "")),
        about_revision=about["revision"],
        verdict=record["verdict"],
    )


def _judge_form(manifest: Manifest, lines: Sequence[Line]) -> list[RefusedMember]:
    refused = []
    if manifest.about == manifest.iss:
        refused.append(RefusedMember(index=None, pointer="/about", code="own_record"))
    subjects: set[bytes] = set()
    for line in lines:
        if line.is_withdrawal:
            continue
        opinion = _opinion_of(line)
        if opinion.about_origin != manifest.about:
            refused.append(_refuse(line.position, "/about/origin", "rule_about"))
        elif opinion.about_id in subjects:
            refused.append(_refuse(line.position, "/about/id", "opinion_already_given"))
        subjects.add(opinion.about_id)
    return refused


def _judge(pushed: Pushed) -> list[RefusedMember]:
    active = pushed.active()
    if not active or pushed.about_id is None:
        return []
    asked = _asked_of(pushed.about_id, active)
    about = pushed.manifest.about
    to_origin = pushed.manifest.audience == Audience(
        tlp="AMBER+STRICT", groups=(), organisations=(about or "",), sectors=(), purposes=()
    )
    visible = store.visible_records(pushed.db, asked, reader_id=pushed.origin_id, now=pushed.at)
    refused = []
    for line in active:
        audience_id = visible.get(line.position)
        if audience_id is None:
            refused.append(_refuse(line.position, "/about/id", "unknown_record"))
        elif not to_origin and audience_id != pushed.audience_id:
            refused.append(_refuse(line.position, "/about", "rule_audience"))
    return refused + _judge_places(pushed, active, asked)


def _judge_places(pushed: Pushed, active: Sequence[Line], asked: store.Asked) -> list[RefusedMember]:
    """Return what takes another's place, or leaves its own."""
    refused = [
        _refuse(index, "/about/id", "opinion_already_given")
        for index in store.places_taken(pushed.db, asked, opiner_id=pushed.origin_id, now=pushed.at)
    ]
    subjects = store.subjects(pushed.db, asked, opiner_id=pushed.origin_id)
    revised = {revision.id_bytes for revision in pushed.known}
    # What a stolen key withdrew has no place, and may have it back.
    ended = {revision.id_bytes for revision in pushed.known if revision.is_withdrawn}
    for line in active:
        subject = subjects.get(line.position)
        if subject is not None and subject != (pushed.about_id, _opinion_of(line).about_id):
            refused.append(_refuse(line.position, "/about", "about_changed"))
        elif subject is None and line.id_bytes in revised - ended:
            refused.append(_refuse(line.position, "/about/id", "opinion_already_given"))
    return refused


def _store(pushed: Pushed) -> None:
    active = pushed.active()
    withdrawn = pushed.withdrawn()
    if withdrawn:
        store.forget(pushed.db, opiner_id=pushed.origin_id, ids=withdrawn)
    if active and pushed.about_id is not None:
        asked = _asked_of(pushed.about_id, active)
        opinions = store.Opinions(
            opiner_id=pushed.origin_id,
            audience_id=pushed.audience_id,
            expires_at=pushed.manifest.expires,
            verdicts=[_opinion_of(line).verdict for line in active],
        )
        if store.remember(pushed.db, asked, opinions, now=pushed.at) < len(active):
            # Another batch, to another audience, took a place at the same moment.
            raise Busy


def _asked_of(about_id: int, active: Sequence[Line]) -> store.Asked:
    opinions = [_opinion_of(line) for line in active]
    return store.asked(
        about_id=about_id,
        positions=[line.position for line in active],
        ids=[line.id_bytes for line in active],
        subjects=[opinion.about_id for opinion in opinions],
        revisions=[opinion.about_revision for opinion in opinions],
    )


def _opinion_of(line: Line) -> _Opinion:
    return cast("_Opinion", line.detail)


def _refuse(index: int, pointer: str, code: str) -> RefusedMember:
    return RefusedMember(index=index, pointer=pointer, code=code)


OPINIONS = KindRules(
    kind="opinion",
    schema="opinion/1",
    permission=Permission.PUSH_OPINION,
    detail_of=_detail_of,
    judge_form=_judge_form,
    judge=_judge,
    store=_store,
)
