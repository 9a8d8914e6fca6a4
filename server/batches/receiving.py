"""Read what was pushed, as far as it can be judged without a stream to judge it against.

A batch whose manifest has no form, whose origin is another or lacks the role, or whose subject nobody knows ends here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from crypto.documents import BATCH, UnverifiedDocument, read_document
from crypto.identifiers import is_uuid7
from crypto.refusals import NotVerified
from schemas.bulk import problems_of
from schemas.manifests import Manifest, ManifestSchema
from server.access import ALLOWANCES
from server.batches import looking_store, store
from server.batches.columns import Columns, columns_of
from server.batches.kinds import KindRules
from server.batches.reading import Reading, cut, read_records
from server.errors import BatchIdTaken, NotOrigin, RecordsRefused, RefusedMember, RoleNotAllowed
from server.web.exchange import Exchange

_manifest_schema = ManifestSchema()


@dataclass(frozen=True, kw_only=True)
class Push:
    """A pushed batch whose form is right and whose origin is the caller."""

    token: UnverifiedDocument
    manifest: Manifest
    rules: KindRules
    reading: Reading
    columns: Columns
    origin_id: int
    about_id: int | None


def receive(exchange: Exchange, kinds: Mapping[str, KindRules]) -> Push:
    """Return the batch in the caller's request, of right form and origin.

    Raises:
        BodyTooLarge, MalformedBody, NotOrigin, RoleNotAllowed, BatchIdTaken, RecordsRefused: it is not.
    """
    pushed = cut(exchange.body_bytes)
    token = _read_manifest(pushed.manifest)
    rules = kinds.get(str(token.claims.get("kind")))
    reading = read_records(pushed.lines, rules if rules is not None else _any_of(kinds))
    origin_id = _judge_origin(exchange, token, rules, reading)
    manifest = _judge_form(exchange, token, origin_id, rules, reading)
    push = Push(
        token=token,
        manifest=manifest,
        rules=kinds[manifest.kind],
        reading=reading,
        columns=columns_of(reading.lines),
        origin_id=origin_id,
        about_id=None if manifest.about is None else _number_of(exchange, manifest.about),
    )
    if manifest.about is not None and push.about_id is None:
        raise refused_without_stream(exchange, push, [of_manifest("/about", "unknown_organisation")])
    return push


def _number_of(exchange: Exchange, name: str) -> int | None:
    return store.organisation_ids(exchange.db, names=[name]).get(name)


def refused_without_stream(exchange: Exchange, push: Push, refused: list[RefusedMember]) -> RecordsRefused:
    """Return the refusal of a batch that has no stream to be judged against."""
    _judge_id(exchange, push.token, push.origin_id)
    return RecordsRefused(in_order([*refused, *push.reading.refused]))


def _read_manifest(token: str) -> UnverifiedDocument:
    try:
        return read_document(token, typ=BATCH)
    except NotVerified as error:
        raise RecordsRefused([of_manifest("", "manifest_not_verified")]) from error


def _any_of(kinds: Mapping[str, KindRules]) -> KindRules:
    # The lines of an unknown kind are still read for their line profile, which is judged before the kind.
    return next(iter(kinds.values()))


def _judge_origin(exchange: Exchange, token: UnverifiedDocument, rules: KindRules | None, reading: Reading) -> int:
    caller = exchange.caller
    if caller.organisation_id is None or not token.organisation == token.claims.get("iss") == caller.organisation:
        raise NotOrigin
    # A withdrawal is taken from its origin whatever role it has lost.
    if rules is not None and not reading.only_withdraws and not caller.roles & ALLOWANCES[rules.permission].roles:
        raise RoleNotAllowed
    return caller.organisation_id


def _judge_form(
    exchange: Exchange, token: UnverifiedDocument, origin_id: int, rules: KindRules | None, reading: Reading
) -> Manifest:
    """Return the manifest in its form; without one there is no stream to look at, so what is wrong is told now."""
    audience = token.claims.get("audience")
    manifest: Manifest | None = None
    refused = []
    if isinstance(audience, dict) and audience.get("tlp") == "RED":
        refused.append(of_manifest("/audience/tlp", "red_is_for_persons"))
    else:
        try:
            manifest = _manifest_schema.load(token.claims)
        except ValidationError:
            problems = problems_of(_manifest_schema, token.claims)
            refused += [of_manifest(problem.pointer, problem.code) for problem in problems]
    if refused or manifest is None:
        _judge_id(exchange, token, origin_id)
        raise RecordsRefused([*refused, *(reading.refused if rules is not None else [])])
    return manifest


def _judge_id(exchange: Exchange, token: UnverifiedDocument, origin_id: int) -> None:
    """Tell that the id is taken before what is wrong with the manifest: what stands under an id was of its form."""
    jti = token.claims.get("jti")
    if (
        isinstance(jti, str)
        and is_uuid7(jti)
        and looking_store.batch_of(exchange.db, origin_id=origin_id, jti=UUID(jti))
    ):
        raise BatchIdTaken


def of_manifest(pointer: str, code: str) -> RefusedMember:
    """Return the refusal of what the manifest says at `pointer`."""
    return RefusedMember(index=None, pointer=pointer, code=code)


def in_order(refused: list[RefusedMember]) -> list[RefusedMember]:
    """Return each refusal once: of the manifest first, then by line, pointer and code."""
    unique: dict[tuple[Any, ...], RefusedMember] = {
        (member.index, member.pointer, member.code): member for member in refused
    }
    return sorted(
        unique.values(),
        key=lambda member: (-1 if member.index is None else member.index, member.pointer, member.code),
    )
