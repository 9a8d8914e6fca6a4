"""What a feed brings, in which order, page by page."""

from hashlib import sha256
from typing import Any

import orjson
import psycopg
import pytest

from crypto.batches import Erased
from crypto.documents import document_digest
from crypto.encoding import to_base64url
from crypto.entries import served_root
from server.feed.cursors import FeedName, Place, write_cursor
from tests.exchanges import Reading, claims_in, expire, feed_path, jti_of, opened, place, pull, pull_all
from tests.partners import Partner
from tests.signals import Batch, a_batch, a_signal, an_audience, signals


def shared(partner: Partner, count: int, records: int = 1, **claims: Any) -> list[Batch]:
    """Push batches, each of `records` new signals."""
    batches = [a_batch(partner, signals(records), **claims) for _ in range(count)]
    for batch in batches:
        assert partner.push(batch.document).status == 201
    return batches


def jtis(batches: list[Batch]) -> list[str]:
    return [batch.jti for batch in batches]


def test_a_batch_comes_after_the_sequencer_placed_it_and_not_before(node, hotline, platform) -> None:
    (batch,) = shared(hotline, 1)
    assert pull_all(platform).jtis == []
    place(node)
    assert pull_all(platform).jtis == [batch.jti]


def test_batches_come_in_the_order_of_their_entries(node, hotline, platform) -> None:
    batches = [*shared(hotline, 3), *shared(platform, 2), *shared(hotline, 2)]
    place(node)
    assert pull_all(platform).jtis == jtis(batches)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7, 50_000])
def test_pages_of_any_limit_bring_each_batch_once(node, hotline, platform, limit) -> None:
    batches = [*shared(hotline, 3, 2), *shared(platform, 1, 5), *shared(hotline, 3)]
    place(node)
    reading = pull_all(platform, limit=limit)
    assert reading.jtis == jtis(batches)
    assert all(page.records <= limit or page.batches == 1 for page in reading.pages)
    assert [page.more for page in reading.pages] == [True] * (len(reading.pages) - 1) + [False]


def test_a_page_brings_at_least_one_batch(node, hotline, platform) -> None:
    shared(hotline, 2, 50)
    place(node)
    page = pull(platform, limit=1)
    assert (page.batches, page.records, page.more) == (1, 50, True)


def test_a_page_stays_within_16_mib(node, database, hotline, platform) -> None:
    for _ in range(5):
        shared(hotline, 1, 4_096)
    place(node)
    with psycopg.connect(database.owner) as db:
        length = db.execute("SELECT octet_length(document) FROM batch LIMIT 1").fetchone()
    assert length is not None
    fitting = 16 * 1024 * 1024 // length[0]
    page = pull(platform, limit=50_000)
    assert page.batches == min(5, fitting)
    assert len(page.answered.body) <= 16 * 1024 * 1024 + 1_000


def test_the_same_cursor_gives_the_same_page_again(node, hotline, platform) -> None:
    shared(hotline, 4)
    place(node)
    first = pull(platform, limit=2)
    again = [pull(platform, limit=2, after=first.next).answered.body for _ in range(2)]
    assert again[0] == again[1]


def test_a_cursor_at_the_end_waits_there(node, hotline, platform) -> None:
    shared(hotline, 2)
    place(node)
    end = pull_all(platform).pages[-1].next
    assert pull(platform, after=end).documents == []
    (batch,) = shared(hotline, 1)
    place(node)
    assert pull_all(platform, after=end).jtis == [batch.jti]


def test_kind_and_origin_and_own_narrow_the_feed(node, hotline, platform) -> None:
    theirs, own = shared(hotline, 2), shared(platform, 2)
    place(node)
    assert pull_all(platform, kind="signal").jtis == jtis(theirs + own)
    assert pull_all(platform, kind="incident").jtis == []
    assert pull_all(platform, origin="hotline.example").jtis == jtis(theirs)
    assert platform.get(feed_path(origin="nobody.example"), purpose="detection").code == "bad_query"
    assert pull_all(platform, own="false").jtis == jtis(theirs)
    assert pull_all(platform, own="true").jtis == jtis(theirs + own)


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "statistics"},
        {"kind": "signal"},
        {"origin": "hotline.example"},
        {"own": "false"},
    ],
)
def test_a_cursor_is_for_one_purpose_and_one_filter(node, hotline, platform, change) -> None:
    shared(hotline, 1)
    place(node)
    purpose = change.pop("purpose", "detection")
    answered = platform.get(feed_path(after=pull(platform).next, **change), purpose=purpose)
    assert (answered.status, answered.code) == (400, "bad_cursor")


def test_another_organisations_cursor_is_refused(node, hotline, platform) -> None:
    shared(hotline, 1)
    place(node)
    answered = hotline.get(feed_path(after=pull(platform).next), purpose="detection")
    assert (answered.status, answered.code) == (400, "bad_cursor")


@pytest.mark.parametrize("cursor", ["A", "A" * 55, "A" * 56, "A" * 200])
def test_what_is_no_cursor_is_refused(platform, cursor) -> None:
    answered = platform.get(feed_path(after=cursor), purpose="detection")
    assert (answered.status, answered.code) == (400, "bad_cursor")


def test_a_contributor_that_is_no_consumer_reads_its_own_batches_alone(node, hotline) -> None:
    writer = node.join("writer.example", roles=["contributor"])
    shared(hotline, 2)
    own = shared(writer, 2)
    place(node)
    assert pull_all(writer).jtis == jtis(own)


def test_a_contributors_cursor_hides_nothing_from_a_consumer_of_the_same_organisation(node, hotline) -> None:
    writer = node.join("writer.example", roles=["contributor"])
    theirs, own = shared(hotline, 1), shared(writer, 1)
    place(node)
    cursor = pull(writer).next
    reader = writer.add_key("reader", roles=["consumer"], holder="system-2")
    writer.add_key("admin", roles=["administrator"], holder="admin-1")
    with node.pool.connection() as db:
        db.execute("UPDATE organisation SET roles_at_most = '{administrator,consumer,contributor}'")
    administrator, writer.exchange = writer.keys[-1], writer.exchange
    assert writer.put_statement(writer.statement(), by=administrator).status == 200
    answered = writer.get(feed_path(after=cursor), purpose="detection", by=reader)
    assert (answered.status, answered.code) == (400, "bad_cursor")
    assert pull_all(writer, by=reader).jtis == jtis(theirs + own)


def test_a_newcomer_gets_the_past_once_and_then_the_present(node, hotline, platform) -> None:
    past = shared(hotline, 3)
    place(node)
    newcomer = node.join("newcomer.example")
    place(node)
    reading = pull_all(newcomer, limit=1)
    assert reading.jtis == jtis(past)
    present = shared(hotline, 2)
    place(node)
    assert pull_all(newcomer, after=reading.pages[-1].next).jtis == jtis(present)


def test_batches_that_arrive_between_a_newcomers_pages_are_neither_lost_nor_doubled(node, hotline, platform) -> None:
    batches = shared(hotline, 4)
    place(node)
    newcomer = node.join("newcomer.example")
    place(node)
    page = pull(newcomer, limit=2)
    reading = Reading(pages=[page])
    for _ in range(4):
        batches += shared(hotline, 1)
        place(node)
        page = pull(newcomer, limit=1, after=page.next)
        reading.pages.append(page)
    reading.pages.extend(pull_all(newcomer, after=page.next).pages)
    assert reading.jtis == jtis(batches)


def test_a_newcomer_sees_nothing_before_its_admission_is_placed(node, hotline) -> None:
    batches = shared(hotline, 1)
    place(node)
    newcomer = node.join("newcomer.example")
    cursor = pull(newcomer).next
    assert pull_all(newcomer).jtis == []
    place(node)
    assert pull_all(newcomer, after=cursor).jtis == jtis(batches)


def test_sectors_narrow_others_but_not_the_origin(node, hotline, platform) -> None:
    batches = shared(hotline, 2, audience=an_audience(sectors=["government"]))
    place(node)
    assert pull_all(platform).jtis == []
    assert pull_all(hotline).jtis == jtis(batches)
    ministry = node.join("ministry.example", sector="government")
    place(node)
    assert pull_all(ministry).jtis == jtis(batches)


def test_a_member_that_moves_to_another_sector_gets_that_sectors_past_once(node, hotline, platform) -> None:
    seen = shared(hotline, 1)
    narrowed = shared(hotline, 2, audience=an_audience(sectors=["government"]))
    own = shared(platform, 1, audience=an_audience(sectors=["government"]))
    place(node)
    reading = pull_all(platform)
    assert reading.jtis == jtis(seen + own)
    platform.sector = "government"
    moved = platform.statement()
    assert platform.put_statement(moved).json["status"] == "pending"
    node.decide("admit", moved)
    place(node)
    present = shared(hotline, 1, audience=an_audience(sectors=["government"]))
    place(node)
    assert pull_all(platform, after=reading.pages[-1].next).jtis == jtis(narrowed + present)
    assert sorted(pull_all(platform).jtis) == sorted(jtis(seen + own + narrowed + present))


def test_a_member_that_leaves_a_sector_and_returns_gets_its_past_again_without_a_hole(node, hotline, platform) -> None:
    before = shared(hotline, 2, audience=an_audience(sectors=["platform"]))
    place(node)
    reading = pull_all(platform)
    for sector, during in (
        ("government", shared(hotline, 1, audience=an_audience(sectors=["platform"]))),
        ("platform", []),
    ):
        platform.sector = sector
        moved = platform.statement()
        platform.put_statement(moved)
        node.decide("admit", moved)
        platform.keep(moved)
        before += during
        place(node)
    after = shared(hotline, 1, audience=an_audience(sectors=["platform"]))
    place(node)
    assert pull_all(platform, after=reading.pages[-1].next).jtis == jtis(before + after)


def test_a_sector_that_changed_before_its_entry_was_placed_hides_no_past(node, hotline, platform) -> None:
    narrowed = shared(hotline, 2, audience=an_audience(sectors=["government"]))
    seen = shared(hotline, 1)
    place(node)
    cursor = pull_all(platform).pages[-1].next
    while place(node):
        pass
    clear = shared(hotline, 1, audience=an_audience("CLEAR"))
    platform.sector = "government"
    moved = platform.statement()
    platform.put_statement(moved)
    node.decide("admit", moved)
    assert place(node, most=1) == 1
    reading = pull_all(platform, after=cursor)
    place(node)
    reading.pages.extend(pull_all(platform, after=reading.pages[-1].next).pages)
    assert sorted(reading.jtis) == sorted(jtis(narrowed + clear))
    assert sorted(pull_all(platform).jtis) == sorted(jtis(narrowed + seen + clear))


def test_purposes_narrow_others_but_not_the_origin(node, hotline, platform) -> None:
    batches = shared(hotline, 2, audience=an_audience(purposes=["statistics"]))
    place(node)
    assert pull_all(platform).jtis == []
    assert pull_all(platform, purpose="statistics").jtis == jtis(batches)
    assert pull_all(hotline).jtis == jtis(batches)


def test_an_expired_batch_is_its_first_two_lines(node, database, hotline, platform) -> None:
    (batch,) = shared(hotline, 1, 3)
    place(node)
    assert len(pull_all(platform).documents[0].lines) == 3
    expire(database.superuser, batch.jti)
    page = pull(platform)
    (document,) = page.documents
    assert (document.manifest, document.lines) == (batch.manifest, [])
    assert page.answered.body.count(b"\n") == 3
    assert (page.batches, page.records) == (1, 3)


def test_a_suspended_reader_gets_nothing_and_loses_nothing(node, hotline, platform) -> None:
    first = shared(hotline, 1)
    place(node)
    cursor = pull(platform).next
    node.suspend(platform)
    assert platform.get("/v1/feed", purpose="detection").code == "suspended"
    second = shared(hotline, 1)
    place(node)
    node.lift(platform)
    place(node)
    third = shared(hotline, 1)
    place(node)
    assert pull_all(platform, after=cursor).jtis == jtis(second + third)
    assert pull_all(platform).jtis == jtis(first + second + third)


def test_a_suspended_origins_records_stand(node, hotline, platform) -> None:
    batches = shared(hotline, 2)
    place(node)
    node.suspend(hotline)
    assert pull_all(platform).jtis == jtis(batches)


def test_the_entry_of_a_page_says_what_was_served(node, hotline, platform) -> None:
    shared(hotline, 3, 2)
    place(node)
    page = pull(platform, limit=4, origin="hotline.example")
    entry = opened(platform, page.answered.receipt)
    pairs = [
        (to_base64url(document_digest(document.manifest)), to_base64url(sha256(document.document).digest()))
        for document in page.documents
    ]
    assert entry["served"] == served_root(pairs)
    assert entry["records"] == 4
    assert entry["filter"] == {"origin": "hotline.example"}
    assert entry["response_digest"] == to_base64url(sha256(page.answered.body).digest())
    assert not any(isinstance(line, Erased) for document in page.documents for line in document.lines)


def test_the_entry_of_a_page_says_from_which_place_to_which(node, database, hotline, platform) -> None:
    batches = shared(hotline, 3)
    place(node)
    entry = opened(platform, pull(platform).answered.receipt)
    with psycopg.connect(database.owner) as db:
        indexes = [
            index
            for batch in (batches[0], batches[-1])
            for (index,) in db.execute(
                "SELECT feed.index FROM feed JOIN batch USING (batch_id) WHERE jti = %s", [batch.jti]
            ).fetchall()
        ]
    assert [entry["from"][2:], entry["to"][2:]] == [[index, 0] for index in indexes]


def test_the_entry_of_an_empty_page_served_nothing(platform) -> None:
    entry = opened(platform, pull(platform).answered.receipt)
    assert (entry["served"], entry["records"], entry["from"], entry["to"], entry["filter"]) == (
        None,
        0,
        None,
        None,
        None,
    )


def test_the_body_is_the_documents_and_the_page_line(node, hotline, platform) -> None:
    shared(hotline, 2)
    place(node)
    page = pull(platform)
    *_, last = page.answered.body.splitlines(keepends=True)
    assert page.answered.body == b"".join(document.document for document in page.documents) + last
    assert set(orjson.loads(last)["page"]) == {"next", "more", "batches", "records", "poll_after"}


def test_each_document_carries_the_acceptance_of_its_push(node, hotline, platform) -> None:
    batch = a_batch(hotline, [a_signal()])
    accepted = hotline.push(batch.document).json["accepted"]
    place(node)
    (document,) = pull_all(platform).documents
    assert document.accepted == accepted
    assert claims_in(document.accepted)["seq"] == 1
    assert jti_of(document) == batch.jti


def test_no_more_than_two_pages_are_built_at_once(node, hotline, platform) -> None:
    shared(hotline, 1)
    place(node)
    held = [platform.raw("GET", "/v1/feed", platform.sign("GET", "/v1/feed", purpose="detection")) for _ in range(2)]
    refused = platform.get("/v1/feed", purpose="detection")
    assert (refused.status, refused.code) == (503, "busy")
    for response in held:
        response.get_data()
        response.close()
    assert platform.get("/v1/feed", purpose="detection").status == 200


@pytest.mark.parametrize(
    "place_named",
    [
        Place(epoch=1, m=2**63 - 1, i=2**63 - 1, j=2**31 - 1),
        Place(epoch=1, m=-(2**63), i=-(2**63), j=-(2**31)),
        Place(epoch=1, m=0, i=2**63 - 1, j=0),
    ],
    ids=["beyond the end", "before the beginning", "nowhere"],
)
def test_a_cursor_that_a_reader_made_up_shows_nothing_but_its_own_feed(node, hotline, platform, place_named) -> None:
    batches = shared(hotline, 2)
    place(node)
    name = FeedName(organisation="platform.example", purpose="detection", kind=None, origin=None, own=True)
    assert set(pull_all(platform, after=write_cursor(place_named, name)).jtis) <= set(jtis(batches))


def test_a_cursor_of_another_epoch_sends_its_reader_back_to_the_start(platform) -> None:
    name = FeedName(organisation="platform.example", purpose="detection", kind=None, origin=None, own=True)
    answered = platform.get(
        feed_path(after=write_cursor(Place(epoch=2**32 - 1, m=0, i=0, j=0), name)), purpose="detection"
    )
    assert (answered.status, answered.code) == (410, "restart_feed")
    assert answered.proof is not None
