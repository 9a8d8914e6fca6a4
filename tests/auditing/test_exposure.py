"""To whom a record was released, and what was released to an organisation: exactly what answers carried."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from crypto.canonical import canonical_bytes
from crypto.encoding import from_base64url, to_base64url
from crypto.merkle import leaf_hash, root_from_path
from schemas.exposures import ReleaseProof
from server.auditing import exposing
from server.auditing.exposing import ExposureFilter
from server.auditing.exposing_proof import served_page
from server.auditing.viewing import Viewer, open_trail_pool, reading
from server.db import Connection, connect
from server.feed import store as feed_store
from server.retention.erasing import erase_next
from tests.auditing.asking import Watcher
from tests.exchanges import opened, place, pull, pull_all
from tests.groups.building import a_group_batch, founded, members, name_of, to_group
from tests.opinions.building import an_opinion, an_opinion_batch
from tests.partners import NODE_NAME, Partner
from tests.signals import Batch, Json, a_batch, a_revision, a_signal, a_withdrawal, an_audience, signals

ALL = Viewer(organisation_id=0, organisation=NODE_NAME, sees_all=True)
PLATFORM = "platform.example"


@pytest.fixture
def db(database) -> Iterator[Connection]:
    """As the auditor's role, each statement a transaction."""
    pool = open_trail_pool(database.auditor)
    with reading(pool) as connection:
        connection.autocommit = True
        yield connection
    pool.close()


def shared(watcher: Watcher, *records: Json, **claims: Any) -> Batch:
    batch = a_batch(watcher.partner, records, **claims)
    return taken(watcher.partner, batch)


def taken(partner: Partner, batch: Batch) -> Batch:
    answered = partner.push(batch.document)
    assert answered.status == 201, answered.body
    return batch


def exposed(db: Connection, record: Json, origin: str = "hotline.example") -> list[tuple[str, int, str]]:
    """Organisation, revision and receipt of each release of a record."""
    report = exposing.exposure_of_record(db, ALL, origin, UUID(record["id"]))
    assert report is not None
    return [(one.organisation, one.revision, one.leaf) for one in report.releases]


def test_a_pull_is_told_with_its_purpose_key_and_receipt(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    place(node)
    page = pull(platform.partner, purpose="investigation")
    index()

    report = exposing.exposure_of_record(db, ALL, "hotline.example", UUID(record["id"]))

    assert report is not None
    (release,) = report.releases
    assert (release.organisation, release.node, release.revision) == (PLATFORM, None, 1)
    assert (release.purpose, release.action, release.leaf) == ("investigation", "read_feed", page.answered.receipt)
    assert release.keyid == f"{PLATFORM}/{platform.partner.exchange.thumbprint}"
    assert report.complete


def test_each_answer_to_one_cursor_is_a_release(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    place(node)
    receipts = [pull(platform.partner).answered.receipt for _ in range(2)]
    index()
    assert exposed(db, record) == [(PLATFORM, 1, receipt) for receipt in receipts]


def test_whoever_joined_a_group_with_its_history_got_what_was_there_before(node, hotline, platform, index, db):
    group, record = founded(hotline.partner), a_signal()
    name = name_of(hotline.partner, group)
    shared(hotline, record, audience=to_group(name))
    index()
    pull_all(platform.partner)
    joined = a_revision(group, members=members("hotline.example", PLATFORM))
    taken(hotline.partner, a_group_batch(hotline.partner, joined))
    index()
    page = pull(platform.partner)
    index()
    assert exposed(db, record) == [(PLATFORM, 1, page.answered.receipt)]


def test_a_pull_between_leaving_and_its_place_in_the_log_got_nothing(node, hotline, platform, index, db):
    group, record = founded(hotline.partner, platform.partner), a_signal()
    shared(hotline, record, audience=to_group(name_of(hotline.partner, group)))
    place(node)
    before = pull(platform.partner)
    left = a_revision(group, members=members("hotline.example"))
    taken(hotline.partner, a_group_batch(hotline.partner, left))
    shared(hotline, a_signal())
    assert pull(platform.partner).documents == []
    index()
    pull_all(platform.partner)
    index()
    assert exposed(db, record) == [(PLATFORM, 1, before.answered.receipt)]


def test_a_line_withdrawn_as_legal_is_released_no_more_and_its_withdrawal_is(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    place(node)
    before = pull(platform.partner)
    shared(hotline, a_withdrawal(record, reason="legal"))
    place(node)
    after = pull(platform.partner)
    index()
    assert exposed(db, record) == [(PLATFORM, 1, before.answered.receipt), (PLATFORM, 2, after.answered.receipt)]


def test_what_had_expired_by_the_moment_of_the_pull_was_not_released(database, hotline, platform, index, db):
    record = a_signal()
    batch = shared(hotline, record)
    index()
    before = pull(platform.partner)
    with psycopg.connect(database.superuser) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE batch SET expires_at = clock_timestamp() WHERE jti = %s", [batch.jti])
    assert pull(platform.partner).batches == 1
    index()
    assert exposed(db, record) == [(PLATFORM, 1, before.answered.receipt)]


def test_what_a_filter_or_a_purpose_left_out_was_not_released(node, hotline, platform, index, db):
    records = signals(3)
    shared(hotline, records[0])
    shared(hotline, records[1], audience=an_audience(purposes=["investigation"]))
    taken(platform.partner, a_batch(platform.partner, [records[2]]))
    shared(hotline, a_signal())
    place(node)
    page = pull(platform.partner, purpose="detection")
    pull(platform.partner, kind="opinion")
    of_own = pull(platform.partner, origin=PLATFORM)
    pull(platform.partner, own="false", origin=PLATFORM)
    index()
    assert exposed(db, records[0]) == [(PLATFORM, 1, page.answered.receipt)]
    assert exposed(db, records[1]) == []
    assert exposed(db, records[2], PLATFORM) == [
        (PLATFORM, 1, page.answered.receipt),
        (PLATFORM, 1, of_own.answered.receipt),
    ]


def test_an_opinion_is_released_to_the_origin_that_it_is_about_for_any_purpose(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record, audience=an_audience(purposes=["investigation"]))
    index()
    pull(platform.partner, purpose="investigation")
    opinion = an_opinion(hotline.partner, record)
    batch = an_opinion_batch(
        platform.partner, hotline.partner, [opinion], audience=an_audience(purposes=["investigation"])
    )
    taken(platform.partner, batch)
    index()
    page = pull(hotline.partner, purpose="detection", kind="opinion")
    index()
    assert exposed(db, opinion, PLATFORM) == [("hotline.example", 1, page.answered.receipt)]


def test_a_key_that_reads_its_own_alone_got_its_own_alone(node, hotline, platform, index, db):
    narrow = hotline.partner.add_key("narrow", roles=["contributor"], holder="system-2")
    assert hotline.partner.put_statement(hotline.partner.statement()).json["status"] == "current"
    mine, others = signals(2), a_signal()
    shared(hotline, mine[0])
    index()
    opinions = []
    for record in mine:
        if opinions:
            # Between two that it gets there is something that it does not.
            taken(platform.partner, a_batch(platform.partner, [others]))
            shared(hotline, record)
            index()
        opinions.append(an_opinion(hotline.partner, record))
        taken(platform.partner, an_opinion_batch(platform.partner, hotline.partner, [opinions[-1]]))
    index()
    own = pull(hotline.partner, by=narrow)
    about = pull(hotline.partner, by=narrow, origin=PLATFORM)
    index()
    assert (own.records, about.records) == (2, 2)
    assert exposed(db, mine[1]) == [("hotline.example", 1, own.answered.receipt)]
    assert exposed(db, opinions[0], PLATFORM) == [("hotline.example", 1, about.answered.receipt)]
    assert exposed(db, others, PLATFORM) == []


def test_between_the_end_of_a_group_and_its_finding_nothing_was_released(database, hotline, platform, index, db):
    group, record = founded(hotline.partner, platform.partner), a_signal()
    shared(hotline, record, audience=to_group(name_of(hotline.partner, group)))
    shared(hotline, a_signal())
    index()
    before = pull(platform.partner)
    with psycopg.connect(database.superuser) as owner:
        owner.execute("SET session_replication_role = replica")
        for statement in (
            "UPDATE access_end SET ends_at = clock_timestamp()",
            "UPDATE audience_access SET ends_at = clock_timestamp() WHERE ends_at < 'infinity'",
        ):
            owner.execute(statement)
    # What comes before and after in the feed is on the page, with the group's own batch between.
    after = pull(platform.partner)
    index()
    assert (before.batches, after.batches) == (3, 1)
    assert exposed(db, record) == [(PLATFORM, 1, before.answered.receipt)]


def marked(database: Any, record: Json) -> None:
    """Let the bytes of a record be due."""
    with psycopg.connect(database.owner) as owner:
        owner.execute(
            """
            INSERT INTO erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
            SELECT batch_id, position, origin_id, record_id, leaf, 'replaced', now() FROM record WHERE record_id = %s
            """,
            [record["id"]],
        )


def erase(database: Any) -> None:
    with connect(database.eraser, autocommit=True) as eraser:
        assert erase_next(eraser, node=NODE_NAME) is not None


@pytest.fixture
def erased_while_read(database, hotline, platform, index, monkeypatch) -> tuple[Json, str, str]:
    """A record whose bytes went between a page's reading and its entry; receipts of that page, and of a later one."""
    record, other = a_signal(), a_signal()
    shared(hotline, record, other)
    index()
    marked(database, record)
    lock = feed_store.lock_entitlement_version

    def erase_and_lock(*arguments: Any, **said: Any) -> int:
        monkeypatch.undo()
        erase(database)
        return lock(*arguments, **said)

    monkeypatch.setattr(feed_store, "lock_entitlement_version", erase_and_lock)
    during, after = pull(platform.partner), pull(platform.partner)
    index()
    carried = [sum(isinstance(line, bytes) for line in page.documents[0].lines) for page in (during, after)]
    assert carried == [2, 1]
    return record, during.answered.receipt, after.answered.receipt


def test_bytes_that_went_while_a_page_was_read_were_released_by_it(erased_while_read, db):
    record, during, _ = erased_while_read
    assert exposed(db, record) == [(PLATFORM, 1, during)]


def test_who_reads_one_record_is_told_with_the_revision_that_came(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    revised = a_revision(record)
    shared(hotline, revised)
    place(node)
    answered = platform.partner.get(f"/v1/records/hotline.example/{record['id']}", purpose="detection")
    index()
    assert exposed(db, record) == [(PLATFORM, 2, answered.receipt)]


def test_the_pages_of_a_record_s_report_are_the_report(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    place(node)
    receipts = [pull(platform.partner).answered.receipt for _ in range(5)]
    index()
    told, after = [], -1
    for _ in range(3):
        report = exposing.exposure_of_record(db, ALL, "hotline.example", UUID(record["id"]), after=after, limit=2)
        assert report is not None
        told += [one.leaf for one in report.releases]
        after = int(report.page.next)
    assert (told, report.page.more) == (receipts, False)


def test_the_pages_of_an_organisation_s_report_are_the_report(node, hotline, platform, index, db):
    batches = [signals(3), signals(1), signals(2)]
    for records in batches:
        shared(hotline, *records)
    place(node)
    pull(platform.partner)
    index()
    told, after, more = [], None, True
    while more:
        report = exposing.exposure_of_organisation(db, ALL, PLATFORM, after=after, limit=2)
        assert report is not None
        assert len(report.releases) <= 2
        told += [one.id for one in report.releases]
        after, more = report.page.next, report.page.more
    assert told == [record["id"] for records in batches for record in records]


def test_what_was_released_to_an_organisation_is_found_by_origin_kind_purpose_and_time(
    node, hotline, platform, index, db
):
    record = a_signal()
    shared(hotline, record)
    taken(platform.partner, a_batch(platform.partner, [a_signal()]))
    place(node)
    pull(platform.partner, purpose="detection")
    index()

    def count(**asked: Any) -> int:
        report = exposing.exposure_of_organisation(db, ALL, PLATFORM, ExposureFilter(**asked))
        assert report is not None
        return len(report.releases)

    (at,) = {one.at for one in exposing.exposure_of_organisation(db, ALL, PLATFORM).releases}
    assert (count(), count(origin="hotline.example"), count(kind="signal"), count(kind="incident")) == (2, 1, 2, 0)
    assert (count(purpose="detection"), count(purpose="statistics")) == (2, 0)
    assert (count(since=at), count(until=at)) == (2, 0)


def proof_of(db: Connection, record: Json, receipt: str) -> ReleaseProof:
    """The proof of the release of a record by the pull with this receipt."""
    report = exposing.exposure_of_record(db, ALL, "hotline.example", UUID(record["id"]))
    assert report is not None
    (index,) = {one.index for one in report.releases if one.leaf == receipt}
    proof = exposing.prove_release(db, ALL, "hotline.example", UUID(record["id"]), index=index)
    assert proof is not None
    return proof


def proven(db: Connection, record: Json, receipt: str) -> ReleaseProof:
    """The same, checked as an auditor does."""
    proof = proof_of(db, record, receipt)
    for document in proof.documents:
        leaf = leaf_hash(canonical_bytes([document.manifest_sha256, document.document_sha256]))
        path = [from_base64url(step) for step in document.path]
        root = root_from_path(leaf, index=document.position, size=proof.size, path=path)
        assert to_base64url(root) == proof.served
    return proof


def test_a_release_is_proven_by_the_root_that_the_entry_holds(node, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, *signals(2))
    batch = shared(hotline, record)
    shared(hotline, *signals(1))
    place(node)
    page = pull(platform.partner)
    index()
    proof = proven(db, record, page.answered.receipt)
    assert proof.agrees
    assert proof.served == opened(platform.partner, page.answered.receipt)["served"]
    assert [(one.batch, one.position) for one in proof.documents] == [(batch.jti, 1)]


def test_a_release_is_proven_after_lines_beside_it_were_masked_and_erased(database, hotline, platform, index, db):
    record, other = a_signal(), a_signal()
    shared(hotline, record, other)
    index()
    whole = pull(platform.partner).answered.receipt
    shared(hotline, a_withdrawal(other, reason="legal"))
    index()
    masked = pull(platform.partner).answered.receipt
    erase(database)
    erased = pull(platform.partner).answered.receipt
    index()
    assert [proven(db, record, receipt).agrees for receipt in (whole, masked, erased)] == [True] * 3


def test_a_release_while_bytes_went_is_proven_too(erased_while_read, db):
    record, during, _ = erased_while_read
    assert proven(db, record, during).agrees


def test_a_page_that_the_database_now_says_otherwise_agrees_no_more(database, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    shared(hotline, a_signal())
    index()
    page = pull(platform.partner)
    index()
    with psycopg.connect(database.superuser) as superuser:
        superuser.execute("DELETE FROM feed WHERE index = (SELECT max(index) FROM feed)")
    assert not proof_of(db, record, page.answered.receipt).agrees


def path_of(record: Json, origin: str = "hotline.example") -> str:
    return f"/records/{origin}/{record['id']}/exposure"


def test_an_auditor_asks_for_its_own_records_and_organisation_and_a_stranger_s_look_unknown(
    node, hotline, platform, index
):
    record = a_signal()
    shared(hotline, record)
    place(node)
    pull(platform.partner)
    index()
    mine = hotline.trail(path_of(record))
    assert (mine.status, [one["organisation"] for one in mine.json["releases"]]) == (200, [PLATFORM])
    assert record["value"].encode() not in mine.body
    proof = hotline.trail(f"{path_of(record)}/{mine.json['releases'][0]['index']}")
    assert (proof.status, proof.json["agrees"]) == (200, True)
    assert platform.trail(f"/organisations/{PLATFORM}/exposure").json["releases"][0]["id"] == record["id"]
    hidden = [
        platform.trail(path_of(record)),
        hotline.trail(path_of(a_signal())),
        hotline.trail(path_of(record, "nobody.example")),
        hotline.trail(f"/organisations/{PLATFORM}/exposure"),
        hotline.trail("/organisations/nobody.example/exposure"),
    ]
    assert {(answered.status, answered.code) for answered in hidden} == {(404, "not_found")}


def test_a_federation_auditor_asks_for_all(node, hotline, platform, bystander, index):
    record = a_signal()
    shared(hotline, record)
    place(node)
    pull(platform.partner)
    index()
    asked = bystander.trail(path_of(record), by=bystander.federation_auditor)
    of_platform = bystander.trail(f"/organisations/{PLATFORM}/exposure", by=bystander.federation_auditor)
    assert (asked.status, of_platform.status) == (200, 200)
    assert asked.json["releases"] == of_platform.json["releases"]


def test_a_report_says_when_entries_have_lost_their_text(database, hotline, platform, index, db):
    record = a_signal()
    shared(hotline, record)
    index()
    pull(platform.partner)
    index()
    with psycopg.connect(database.owner) as owner:
        owner.execute("SELECT forget_indexed(ARRAY(SELECT index FROM trail_entry WHERE places IS NOT NULL))")
    report = exposing.exposure_of_record(db, ALL, "hotline.example", UUID(record["id"]))
    assert report is not None
    assert (report.releases, report.complete) == ((), False)


def test_of_an_entry_that_is_no_pull_there_is_no_page(index, db):
    index()
    assert served_page(db, index=0) is None
