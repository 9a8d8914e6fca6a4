"""Try what an attacker would, by hand-made requests; look for the refusal in the answer and in the log."""

import secrets
from dataclasses import replace
from http import HTTPStatus

import orjson

from bench.demo.cast import Stage
from bench.demo.checks import Checks, expect
from bench.demo.member import Member
from bench.demo.pictures import synthetic_signals
from bench.demo.requests import SignedBytes, code, read, refusals, send, signed
from client.clock import Source
from client.drafting import Draft, Line, Terms, draft_line, sign_batch
from crypto.keys import PrivateKey

_FEED = "/v1/feed?limit=1"


def attack(stage: Stage, checks: Checks) -> None:
    """Run every attack against the running node."""
    platform, ngo, agency = stage.members
    with checks.check("a captured request is sent again: refused, and entered as replayed"):
        _replay(stage, agency)
    with checks.check("a batch's body is altered on its way: refused, and entered"):
        _alter(stage, platform)
    with checks.check("a request is signed over another path than it asks for: refused") as tell:
        _redirect(stage, agency)
        tell("no entry: unproven")
    with checks.check("a key signs in another organisation's name: refused"):
        _impersonate(stage, ngo, platform)
    with checks.check("a consumer pushes a batch: 403 role_not_allowed, signed, and entered"):
        _push_without_role(stage, agency)
    with checks.check("a feed is asked for without a sharing purpose: 403 purpose_not_allowed"):
        _ask_without_purpose(stage, agency)
    with checks.check("one organisation pushes a batch that another signed: 403 not_origin"):
        _push_anothers(stage, ngo, platform)
    with checks.check("a batch is forged with a key that is not a record key: 422, and entered"):
        _forge(stage, platform)
    with checks.check("a record is altered under its manifest: 422, nothing stored"):
        _alter_record(stage, platform)


def attack_group(stage: Stage, checks: Checks, group: str) -> None:
    """Let the NGO, which is not in `group` (`owner/id`), name it: all that it learns is what it knew before."""
    _platform, ngo, _agency = stage.members
    owner = group.partition("/")[0]
    unknown = f"{owner}/{Source().identifier()}"
    with checks.check("an outsider pushes to a group: answered as for one that there is not, and entered") as tell:
        answers = [_push_to(stage, ngo, named) for named in (group, unknown)]
        expect(answers[0], answers[1], "the two answers")
        expect(answers[0], (HTTPStatus.UNPROCESSABLE_ENTITY, ["unknown_group"]), "the answer")
        stage.log.await_refusals(ngo.name, "records_refused", at_least=2)
        tell("unknown_group")
    with checks.check("it asks for the group's own record: the same 404 as for any name") as tell:
        said = [read(ngo, f"/v1/records/{named}") for named in (group, unknown)]
        expect([one.status_code for one in said], [HTTPStatus.NOT_FOUND] * 2, "the status")
        expect(_but_for_number(said[0].content), _but_for_number(said[1].content), "the two answers")
        tell("not_found")


def attack_with_revoked_key(stage: Stage, checks: Checks, member: Member, key: PrivateKey) -> None:
    """Use a key that its organisation has revoked."""
    with checks.check("a revoked key asks for the feed: refused, and entered as revoked"):
        answer = send(stage, signed(member, key, "GET", _FEED, "detection"))
        expect(answer.status, HTTPStatus.UNAUTHORIZED, "the answer")
        stage.log.await_refusals(member.name, "revoked")


def _replay(stage: Stage, member: Member) -> None:
    request = signed(member, member.exchange_key("consumer"), "GET", _FEED, "detection")
    expect(send(stage, request).status, HTTPStatus.OK, "the first time")
    expect(send(stage, request).status, HTTPStatus.UNAUTHORIZED, "the second time")
    stage.log.await_refusals(member.name, "replayed")


def _alter(stage: Stage, member: Member) -> None:
    request = _push(member, _batch(member, member.key("record"), member.name))
    altered = replace(request, body=request.body.replace(b'"image"', b'"video"'))
    expect(send(stage, altered).status, HTTPStatus.UNAUTHORIZED, "the altered body")
    stage.log.await_refusals(member.name, "body_altered")
    expect(send(stage, request).status, HTTPStatus.UNAUTHORIZED, "its nonce is used up")


def _redirect(stage: Stage, member: Member) -> None:
    request = signed(member, member.exchange_key("consumer"), "GET", _FEED, "detection")
    expect(send(stage, replace(request, target="/v1/streams")).status, HTTPStatus.UNAUTHORIZED, "the answer")


def _impersonate(stage: Stage, member: Member, victim: Member) -> None:
    key = member.exchange_key("consumer")
    request = signed(replace(member, name=victim.name), key, "GET", _FEED, "detection")
    expect(send(stage, request).status, HTTPStatus.UNAUTHORIZED, "the answer")


def _push_without_role(stage: Stage, member: Member) -> None:
    document = _batch(member, member.key("record"), member.name)
    answer = send(stage, _push(member, document, role="consumer"))
    expect((answer.status, code(answer)), (HTTPStatus.FORBIDDEN, "role_not_allowed"), "the answer")
    expect("havre-receipt" in answer.head.lower(), True, "a receipt")
    stage.log.await_refusals(member.name, "role_not_allowed")


def _ask_without_purpose(stage: Stage, member: Member) -> None:
    answer = send(stage, signed(member, member.exchange_key("consumer"), "GET", _FEED, "contribution"))
    expect((answer.status, code(answer)), (HTTPStatus.FORBIDDEN, "purpose_not_allowed"), "the answer")
    stage.log.await_refusals(member.name, "purpose_not_allowed")


def _push_anothers(stage: Stage, member: Member, victim: Member) -> None:
    document = _batch(victim, victim.key("record"), victim.name)
    answer = send(stage, _push(member, document))
    expect((answer.status, code(answer)), (HTTPStatus.FORBIDDEN, "not_origin"), "the answer")
    stage.log.await_refusals(member.name, "not_origin")


def _forge(stage: Stage, member: Member) -> None:
    answer = send(stage, _push(member, _batch(member, member.exchange_key("contributor"), member.name)))
    expect((answer.status, refusals(answer)), (HTTPStatus.UNPROCESSABLE_ENTITY, ["manifest_not_verified"]), "it")
    stage.log.await_refusals(member.name, "records_refused")


def _alter_record(stage: Stage, member: Member) -> None:
    document = _batch(member, member.key("record"), member.name).replace(b'"image"', b'"video"')
    answer = send(stage, _push(member, document))
    expect((answer.status, refusals(answer)), (HTTPStatus.UNPROCESSABLE_ENTITY, ["manifest_not_verified"]), "it")


def _push_to(stage: Stage, member: Member, group: str) -> tuple[int, list[str]]:
    terms = Terms(tlp="AMBER+STRICT", expires=stage.ends, groups=(group,))
    answer = send(stage, _push(member, _batch(member, member.key("record"), member.name, terms)))
    return answer.status, refusals(answer)


def _but_for_number(problem: bytes) -> bytes:
    """Return a problem without the number of its request."""
    members = orjson.loads(problem)
    del members["request_id"]
    return orjson.dumps(members)


def _batch(member: Member, key: PrivateKey, origin: str, terms: Terms | None = None) -> bytes:
    """Return a pushed document of one synthetic signal in the name of `origin`, its manifest signed by `key`."""
    terms = terms or member.stage_terms
    source = Source()
    signal = next(synthetic_signals(1)) | {"value": secrets.token_hex(32)}
    line = draft_line(Draft(row=0, record=signal, terms=terms), source=source)
    if not isinstance(line, Line):
        raise TypeError("a synthetic signal has the form of one")
    return sign_batch(
        [line],
        kind="signal",
        terms=terms,
        organisation=origin,
        federation=member.federation,
        key=key,
        source=source,
    ).document


def _push(member: Member, document: bytes, *, role: str = "contributor") -> SignedBytes:
    return signed(member, member.exchange_key(role), "POST", "/v1/batches", "contribution", document)
