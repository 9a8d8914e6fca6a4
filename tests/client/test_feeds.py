"""How a feed goes on: never for ever, and from the start where a cursor is no longer taken."""

import itertools

import orjson
import pytest

from client.failures import NotVerified, Refused
from tests.client.exchanging import PURPOSE, drafts
from tests.client.test_trust import signed_again
from tests.partners import ROLES_OF_A_MEMBER


def pull(partner):
    return list(itertools.islice(partner.pull(purpose=PURPOSE), 20))


def saying(**members):
    """A node that changes members of the page line."""

    def change(request, body):
        if request.url.path != "/v1/feed":
            return body
        lines = body.rstrip(b"\n").split(b"\n")
        page = orjson.loads(lines.pop())["page"] | members
        kept = [] if members.get("batches") == 0 else lines
        return b"".join(line + b"\n" for line in [*kept, orjson.dumps({"page": page})])

    return change


@pytest.fixture
def hotline(world):
    member = world.join("hotline.example")
    member.sdk().push(drafts(1))
    world.place()
    return member


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example")


def test_a_page_of_nothing_that_promises_more_is_refused(world, platform):
    platform.transport.alter = signed_again(world, saying(more=True, batches=0, records=0))
    with pytest.raises(NotVerified, match="page_form"):
        pull(platform.sdk())


def test_a_page_that_promises_more_after_the_same_cursor_is_refused(world, hotline, platform):
    reader = platform.sdk()
    pull(reader)
    hotline.sdk().push(drafts(2))
    world.place()
    cursor = reader.state.db.execute("SELECT cursor FROM feed").fetchone()["cursor"]
    platform.transport.alter = signed_again(world, saying(more=True, next=cursor))
    with pytest.raises(NotVerified, match="page_form"):
        pull(reader)


def test_a_contributor_that_becomes_a_consumer_reads_its_feed_from_the_start(world, hotline):
    reader = world.join("ngo.example", roles=["administrator", "contributor"])
    reader.sdk().push(drafts(2, 3))
    world.place()
    pull(reader.sdk())
    simulated = reader.simulated
    simulated.exchange.roles = ROLES_OF_A_MEMBER
    simulated.display_name = "Reads now, too"
    statement = simulated.statement()
    assert simulated.put_statement(statement).json["status"] == "pending"
    world.node.decide("admit", statement)
    simulated.keep(statement)
    world.place()
    partner = reader.sdk()
    partner.trust.learn("ngo.example")
    pages = pull(partner)
    assert sum(len(page.lines) for page in pages) == 3 - 2
    assert len(list(partner.live_records())) == 3
    assert [one for one in partner.check_receipts() if one.finding is not None] == []


def test_a_node_that_refuses_every_cursor_is_told_after_one_new_start(world, platform):
    reader = platform.sdk()
    pull(reader)
    reader.state.db.execute("UPDATE feed SET cursor = 'damaged'")
    pull(reader)
    exchange = reader._exchanges.exchange
    asked = []

    def refuse(method, target, *said, **given):
        asked.append(target)
        return exchange(method, "/v1/feed?after=damaged", *said, **given)

    reader._exchanges.exchange = refuse
    with pytest.raises(Refused, match="bad_cursor"):
        pull(reader)
    assert len([target for target in asked if target.startswith("/v1/feed")]) == 2


def test_a_new_start_hides_no_hole(world, hotline, platform):
    sender, reader = hotline.sdk(), platform.sdk()
    pull(reader)
    sender.push(drafts(2))
    sender.push(drafts(3))
    world.place()
    reader.state.db.execute("UPDATE feed SET cursor = 'damaged'")

    def skip(request, body):
        if request.url.path != "/v1/feed" or b'"batches":3' not in body:
            return body
        documents = body.split(b'{"manifest":')
        kept = b'{"manifest":' + documents[3]
        return kept.replace(b'"batches":3', b'"batches":1').replace(b'"records":3', b'"records":1')

    platform.transport.alter = signed_again(world, skip)
    with pytest.raises(NotVerified, match="chain_hole"):
        pull(reader)
