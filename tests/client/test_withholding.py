"""Lines that never come: erased ones that something explains, and withheld ones that nothing does."""

import orjson
import pytest

from client.failures import NotVerified
from crypto.batches import record_leaf
from crypto.encoding import to_base64url
from tests.client.exchanging import PURPOSE, drafts
from tests.client.test_trust import signed_again


def erased(line):
    return b'{"erased":"%b"}' % to_base64url(record_leaf(line)).encode()


@pytest.fixture
def hotline(world):
    return world.join("hotline.example")


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example")


def without_line(line):
    def alter(request, body):
        return body.replace(line, erased(line)) if request.url.path == "/v1/feed" else body

    return alter


def pull(partner):
    return list(partner.pull(purpose=PURPOSE))


def test_a_line_that_never_comes_is_reported_as_withheld_on_the_last_page(world, hotline, platform):
    sender = hotline.sdk()
    sender.push(drafts(1, 2))
    world.place()
    line = next(sender.live_records()).line
    platform.transport.alter = signed_again(world, without_line(line))
    assert [page.withheld for page in pull(platform.sdk())] == [1]


def test_an_erased_line_that_a_later_revision_replaces_is_not_withheld(world, hotline, platform):
    sender = hotline.sdk()
    sender.push(drafts(1, 2))
    record = next(sender.live_records())
    sender.withdraw([record.id], reason="error")
    world.place()
    platform.transport.alter = signed_again(world, without_line(record.line))
    reader = platform.sdk()
    assert [page.withheld for page in pull(reader)] == [0]
    assert len(list(reader.live_records())) == 1


def test_a_stream_may_jump_only_across_its_own_end(world, hotline, platform):
    sender, reader = hotline.sdk(), platform.sdk()
    sender.push(drafts(1))
    world.place()
    pull(reader)
    stream = reader.state.db.execute("SELECT stream FROM stream_head").fetchone()["stream"]
    sender.push(drafts(2))
    sender.push(drafts(3))
    world.place()
    ended = orjson.dumps({"ended": {"streams": [stream], "reason": "left_group"}}) + b"\n"

    def end_and_drop(request, body):
        if request.url.path != "/v1/feed":
            return body
        kept = ended + b'{"manifest":' + body.split(b'{"manifest":')[2]
        return kept.replace(b'"batches":2', b'"batches":1').replace(b'"records":2', b'"records":1')

    platform.transport.alter = signed_again(world, end_and_drop)
    pull(reader)
    assert len(list(reader.live_records())) == 1  # what came before the end is deleted


def test_a_page_that_counts_other_batches_than_it_has_is_refused(world, hotline, platform):
    hotline.sdk().push(drafts(1))
    world.place()

    def miscount(request, body):
        return body.replace(b'"batches":1', b'"batches":2')

    platform.transport.alter = signed_again(world, miscount)
    with pytest.raises(NotVerified, match="page_count"):
        pull(platform.sdk())
