"""What a hostile or broken node can try, and what the SDK says to it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx2
import orjson
import pytest

from client.failures import NotAuthenticated, NotVerified, RootChanged, Unreachable
from crypto.documents import DIRECTORY, read_document, sign_document
from crypto.messages import read_request, sign_response
from tests.client.exchanging import PURPOSE, drafts
from tests.partners import a_key, now_seconds


def answered(response, body: bytes) -> httpx2.Response:
    headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-length"]
    return httpx2.Response(response.status_code, headers=headers, stream=httpx2.ByteStream(body))


def without(*names):
    def alter(request, response):
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in names]
        return httpx2.Response(response.status_code, headers=headers, stream=httpx2.ByteStream(response.read()))

    return alter


def on(path, change):
    """Alter the body of answers to `path`."""

    def alter(request, response):
        if request.url.path != path:
            return response
        return answered(response, change(response.read()))

    return alter


@pytest.fixture
def hotline(world):
    member = world.join("hotline.example")
    member.sdk().push(drafts(1, 2))
    world.place()
    return member


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example", sector="platform")


def pull(partner):
    return list(partner.pull(purpose=PURPOSE))


def failure_of(act, kind=NotVerified):
    with pytest.raises(kind) as caught:
        act()
    return caught.value.reason


def test_a_good_answer_without_signature_is_a_failure(platform):
    platform.transport.alter = without("signature", "signature-input")
    assert failure_of(platform.sdk().whoami) == "answer_not_signed"


def test_a_good_answer_without_receipt_is_a_failure(platform):
    platform.transport.alter = without("havre-receipt")
    assert failure_of(platform.sdk().whoami) == "answer_coverage"


def test_an_altered_page_is_refused_and_nothing_of_it_is_kept(platform):
    reader = platform.sdk()
    platform.transport.alter = on("/v1/feed", lambda body: body.replace(b'"image"', b'"video"', 1))
    assert failure_of(lambda: pull(reader)) == "answer_content_digest"
    assert list(reader.live_records()) == []


def test_an_unsigned_refusal_means_failure_and_nothing_else(platform):
    def unavailable(request, response):
        return httpx2.Response(503, stream=httpx2.ByteStream(b"{}"))

    platform.transport.alter = unavailable
    assert failure_of(platform.sdk().whoami, Unreachable) == "unsigned_refusal"


def test_a_401_is_told_with_the_difference_of_the_clocks(platform):
    def refuse(request, response):
        if request.url.path != "/v1/whoami":
            return response
        date = "Sun, 06 Nov 1994 08:49:37 GMT"
        return httpx2.Response(401, headers={"Date": date}, stream=httpx2.ByteStream(b"{}"))

    platform.transport.alter = refuse
    with pytest.raises(NotAuthenticated) as caught:
        platform.sdk().whoami()
    assert caught.value.clock_difference_seconds < -60 * 60 * 24 * 365


def test_another_node_root_than_the_pinned_one_is_refused(world, platform):
    config = platform.home.read_text("havre.toml")
    pinned = world.node.organisation.root.thumbprint
    platform.home.write("havre.toml", config.replace(pinned, a_key("another").thumbprint).encode())
    assert failure_of(platform.sdk().whoami, RootChanged) == "root_changed"


def test_a_node_that_swaps_an_origins_key_is_caught(world, hotline, platform):
    """In a directory that the node signs itself, the origin stands with a root of the node's making."""
    forged = world.node.partner("hotline.example", seed="forged")
    reader = platform.sdk()
    pull(reader)
    node = world.node

    def swap(said: bytes) -> bytes:
        claims = read_document(orjson.loads(said)["directory"], typ=DIRECTORY).claims
        for member in claims["members"]:
            if member["organisation"] == "hotline.example":
                member["root"] = forged.root.thumbprint
        claims["seq"] += 1
        token = sign_document(claims, typ=DIRECTORY, key=node.key, keyid=node.keyid)
        return orjson.dumps({"directory": token})

    hotline.sdk().push(drafts(3))
    world.place()
    platform.transport.alter = on("/v1/directory", swap)
    assert failure_of(lambda: pull(reader), RootChanged) == "root_changed"
    assert len(list(reader.live_records())) == 2


def signed_again(world, change, *, status=None):
    """Alter the body of a signed answer and sign it with the node's own key, as a hostile node can."""

    def alter(request, response):
        body = change(request, response.read())
        if "signature" not in response.headers:
            return answered(response, body)
        asked = read_request(
            method=request.method,
            target_uri=str(request.url),
            headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
        )
        headers = sign_response(
            request=asked,
            status=status or response.status_code,
            content_type=response.headers["content-type"] if status is None else "application/json",
            body_digest=sha256(body).digest(),
            receipt=response.headers["havre-receipt"],
            key=world.node.key,
            keyid=world.node.keyid,
            created=now_seconds(),
        )
        return httpx2.Response(status or response.status_code, headers=headers, stream=httpx2.ByteStream(body))

    return alter


def test_a_newcomer_sees_through_an_origin_that_nobody_admitted(world, hotline, platform):
    forged = world.node.partner("hotline.example", seed="forged")

    def swap(request, body):
        if request.url.path != "/v1/organisations/hotline.example":
            return body
        said = orjson.loads(body)
        return orjson.dumps(said | {"statements": [forged.statement()]})

    platform.transport.alter = signed_again(world, swap)
    assert failure_of(lambda: pull(platform.sdk())) in {"admission", "root_changed"}


def test_a_node_that_forges_a_line_is_caught_though_it_signs_its_answer(world, platform):
    def forge(request, body):
        return body.replace(b'"image"', b'"video"', 1) if request.url.path == "/v1/feed" else body

    platform.transport.alter = signed_again(world, forge)
    assert failure_of(lambda: pull(platform.sdk())) == "batch_root"


def test_a_node_that_drops_a_batch_leaves_a_hole_and_is_caught(world, hotline, platform):
    reader = platform.sdk()
    pull(reader)
    hotline.sdk().push(drafts(3))
    world.place()
    hotline.sdk().push(drafts(4))
    world.place()

    def drop_first(request, body):
        if request.url.path != "/v1/feed":
            return body
        documents = body.split(b'{"manifest":')
        kept = b'{"manifest":'.join([documents[0], documents[2]])
        return kept.replace(b'"batches":2', b'"batches":1').replace(b'"records":2', b'"records":1')

    platform.transport.alter = signed_again(world, drop_first)
    assert failure_of(lambda: pull(reader)) == "chain_hole"


def test_an_older_statement_than_the_known_one_is_refused(world, hotline, platform):
    hotline.simulated.put_statement(hotline.simulated.statement())
    world.place()
    reader = platform.sdk()
    pull(reader)

    def forget(request, body):
        if request.url.path != "/v1/organisations/hotline.example":
            return body
        shown = {"organisation": "hotline.example", "status": "active", "approvals": []}
        return orjson.dumps(shown | {"statements": hotline.simulated.statements[:1]})

    platform.transport.alter = signed_again(world, forget, status=200)
    assert failure_of(lambda: reader.trust.learn("hotline.example")) == "statement_seq_lower"


def test_a_root_replaced_by_operators_stops_until_the_user_trusts_it(world, hotline, platform):
    reader = platform.sdk()
    pull(reader)
    old = hotline.simulated
    new_root = a_key("hotline.example", "new root")
    statement = old.statement(by=new_root, root=new_root.public.jwk)
    answered_ = old.put_statement(statement)
    assert answered_.status == 200, answered_.body
    world.node.decide("replace_root", statement)
    world.place()
    assert failure_of(lambda: pull(reader), RootChanged) == "root_changed"
    reader.trust.trust("hotline.example", new_root.thumbprint)
    pull(reader)
    assert len(list(reader.live_records())) == 2


def test_an_expired_directory_holds_records_but_applies_withdrawals(world, hotline, platform):
    reader = platform.sdk()
    pull(reader)
    first = next(reader.live_records()).id
    sender = hotline.sdk()
    sender.push(drafts(3))
    sender.withdraw([first], reason="error")
    world.place()
    node = world.node

    def expire(said: bytes) -> bytes:
        claims = read_document(orjson.loads(said)["directory"], typ=DIRECTORY).claims
        claims |= {"seq": claims["seq"] + 1, "iat": now_seconds() - 7200, "exp": now_seconds() - 3600}
        return orjson.dumps({"directory": sign_document(claims, typ=DIRECTORY, key=node.key, keyid=node.keyid)})

    platform.transport.alter = on("/v1/directory", expire)
    pages = pull(reader)
    assert pages[0].is_directory_expired
    assert [one.id for one in reader.live_records()].count(first) == 0
    assert len(list(reader.live_records())) == 1


def test_batches_of_a_key_compromised_since_are_set_aside_at_the_next_pull(world, hotline, platform):
    reader = platform.sdk()
    pull(reader)
    hotline.simulated.record.revoked_at = now_seconds() - 3600
    hotline.simulated.record.revoked_reason = "compromised"
    assert hotline.simulated.put_statement(hotline.simulated.statement()).status == 200
    world.place()
    pull(reader)
    assert list(reader.live_records()) == []


def test_a_revocation_that_was_learnt_before_a_kill_still_sets_aside_after_it(world, hotline, platform):
    reader = platform.sdk()
    pull(reader)
    hotline.simulated.record.revoked_at = now_seconds() - 3600
    hotline.simulated.record.revoked_reason = "compromised"
    assert hotline.simulated.put_statement(hotline.simulated.statement()).status == 200
    reader.trust.learn("hotline.example")
    restarted = platform.sdk()
    pull(restarted)
    assert list(restarted.live_records()) == []


def test_what_an_expired_directory_held_counts_after_a_fresh_one(world, hotline, platform):
    reader = platform.sdk()
    keep, late = reader._puller.keep, datetime.now(UTC) + timedelta(days=3)
    reader._puller.keep = lambda answer, **given: keep(answer, **given | {"now": late})
    assert [page.held for page in pull(reader)] == [1]
    assert list(reader.live_records()) == []
    restarted = platform.sdk()
    pull(restarted)
    assert len(list(restarted.live_records())) == 2
