"""No entry, no answer: without the right to write entries nothing is served or done, and it heals by itself."""

import threading

import psycopg
import pytest

from server.app import declared_features
from server.sequencer import place_waiting
from tests.drills.batches import a_push
from tests.drills.wholeness import assert_whole, table_digests
from tests.exchanges import COUNTED
from tests.partners import Answered, a_node, an_id

REVOKE = "REVOKE INSERT ON entry FROM havre_app"
GRANT = "GRANT INSERT ON entry TO havre_app"


class Acts:
    """One good request to each endpoint that leaves an entry, each of a partner that may send it."""

    def __init__(self, node, database) -> None:
        self.node = node
        self.member = node.join("member.example")
        self.newcomer = node.partner("newcomer.example")
        self.waiting = node.partner("waiting.example")
        self.waiting_statement = self.waiting.statement()
        applied = self.waiting.apply(self.waiting_statement)
        assert applied.status == 201
        self.application_id = applied.json["id"]
        self.statement = self.member.statement()
        pushed = a_push(self.member, "first")
        answered = self.member.push(pushed.document)
        assert answered.status == 201
        self.record_id, self.leaf = pushed.ids[0], answered.receipt
        # What has no place yet is not there for readers.
        with psycopg.connect(database.sequencer, autocommit=True) as db:
            place_waiting(db)
        self.next_push = a_push(self.member, "second").document

    def read_whoami(self) -> Answered:
        return self.member.get("/v1/whoami")

    def send_application(self) -> Answered:
        return self.newcomer.apply()

    def read_application(self) -> Answered:
        return self.waiting.get(f"/v1/applications/{self.application_id}")

    def send_approval(self) -> Answered:
        return self.node.approve("admit", self.waiting_statement)

    def put_statement(self) -> Answered:
        return self.member.put_statement(self.statement)

    def read_organisation(self) -> Answered:
        return self.member.get("/v1/organisations/member.example")

    def push_batch(self) -> Answered:
        return self.member.push(self.next_push)

    def read_feed(self) -> Answered:
        return self.member.get("/v1/feed", purpose="detection")

    def read_record(self) -> Answered:
        return self.member.get(f"/v1/records/member.example/{self.record_id}", purpose="detection")

    def read_opinions(self) -> Answered:
        return self.member.get(f"/v1/records/member.example/{self.record_id}/opinions", purpose="detection")

    def read_streams(self) -> Answered:
        return self.member.get("/v1/streams", purpose="detection")

    def open_entry(self) -> Answered:
        return self.member.get(f"/v1/log/entries/{self.leaf}")

    def refused(self) -> Answered:
        """A refusal leaves an entry too."""
        return self.member.get("/v1/feed", purpose="administration")


ENDPOINTS = sorted(endpoint.name for feature in declared_features(page_builds=2) for endpoint in feature.guarded)


@pytest.fixture
def acts(database):
    node = a_node(database)
    yield Acts(node, database)
    node.close()


def test_every_endpoint_that_leaves_an_entry_has_its_act_here():
    assert [name for name in ENDPOINTS if not hasattr(Acts, name)] == []


def test_without_entries_every_endpoint_answers_503_and_does_nothing_and_afterwards_works_again(acts, database):
    names = [*ENDPOINTS, "refused"]
    with psycopg.connect(database.owner, autocommit=True) as owner:
        with psycopg.connect(database.superuser, autocommit=True) as db:
            # Whoever asks is counted, whatever comes of it.
            before = table_digests(db, but=frozenset(COUNTED))
            owner.execute(REVOKE)
            without = {name: getattr(acts, name)() for name in names}
            after = table_digests(db, but=frozenset(COUNTED))
        owner.execute(GRANT)
    assert {name: answered.status for name, answered in without.items()} == dict.fromkeys(names, 503)
    assert {answered.code for answered in without.values()} == {"trail_unavailable"}
    assert [answered.proof for answered in without.values()] == [None] * len(names)
    assert after == before
    again = {name: getattr(acts, name)().status for name in names}
    assert {name: status for name, status in again.items() if status not in {200, 201}} == {"refused": 403}


@pytest.mark.drill
def test_entries_revoked_under_load_lose_nothing_that_was_acknowledged_and_it_heals_without_a_restart(node):
    writers = [node.join(f"writer-{number}.example") for number in range(4)]
    acknowledged: list[str] = []
    statuses: set[int] = set()
    stop = threading.Event()

    def write(writer) -> None:
        while not stop.is_set():
            push = a_push(writer, an_id())
            answered = writer.push(push.document)
            statuses.add(answered.status)
            if answered.status == 201:
                acknowledged.append(push.jti)

    threads = [threading.Thread(target=write, args=[writer]) for writer in writers]
    for thread in threads:
        thread.start()
    with psycopg.connect(node.database.owner, autocommit=True) as owner:
        for _ in range(5):
            stop.wait(0.3)
            owner.execute(REVOKE)
            stop.wait(0.3)
            owner.execute(GRANT)
    stop.wait(0.3)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert statuses == {201, 503}
    # At once, by the same processes.
    assert writers[0].push(a_push(writers[0], "afterwards").document).status == 201
    node.wait_placed()
    with node.connect() as db:
        stored = {batch.jti for batch in assert_whole(db, node.simulated)}
    assert set(acknowledged) < stored
